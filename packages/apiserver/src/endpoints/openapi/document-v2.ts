import type { DiscoveredGroup } from '../discovery/discovered-resource.ts';
import { type DefinitionNameOf, DefinitionSet } from './definition-set.ts';
import type { OpenApiSchema } from './publish-schema.ts';
import { prettyParameter, type QueryParameter, queryParameters } from './query-parameters.ts';
import { anyObject, type OperationSpec, type PathSpec, resourcePaths } from './resource-paths.ts';

export interface DocumentInfo {
  title: string;
  version: string;
}

export interface DocumentOptions {
  info: DocumentInfo;
  definitionNameOf: DefinitionNameOf;
}

/** Swagger 2.0 parameter. */
export interface ParameterV2 {
  name: string;
  in: 'query' | 'path' | 'body';
  description?: string;
  required?: boolean;
  type?: string;
  uniqueItems?: boolean;
  schema?: OpenApiSchema;
}

export interface OperationV2 {
  description: string;
  consumes: readonly string[];
  produces: readonly string[];
  schemes: readonly string[];
  tags: readonly string[];
  operationId: string;
  parameters: readonly ParameterV2[];
  responses: Record<string, { description: string; schema?: OpenApiSchema }>;
  'x-kubernetes-action': string;
  'x-kubernetes-group-version-kind': OpenApiSchema;
}

export interface PathItemV2 {
  get?: OperationV2;
  put?: OperationV2;
  post?: OperationV2;
  delete?: OperationV2;
  patch?: OperationV2;
  parameters: readonly ParameterV2[];
}

/** Swagger 2.0, as far as API servers use it. */
export interface DocumentV2 {
  swagger: '2.0';
  info: DocumentInfo;
  paths: Record<string, PathItemV2>;
  definitions: Record<string, OpenApiSchema>;
  securityDefinitions: Record<string, { type: 'apiKey'; name: string; in: 'header'; description: string }>;
  security: readonly Record<string, readonly string[]>[];
}

/** One document for everything that a surface serves. */
export function documentV2(groups: readonly DiscoveredGroup[], options: DocumentOptions): DocumentV2 {
  const definitions = new DefinitionSet({ dialect: 'v2', groups, definitionNameOf: options.definitionNameOf });
  const paths: PathSpec[] = [];
  for (const { group, versions } of groups) {
    for (const { version, resources } of versions) {
      for (const resource of resources) {
        paths.push(...resourcePaths(resource, version, definitions.add(group, version, resource)));
      }
    }
  }
  paths.sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    swagger: '2.0',
    info: options.info,
    paths: Object.fromEntries(paths.map((path) => [path.path, pathItem(path, definitions)])),
    definitions: definitions.sorted(),
    securityDefinitions: {
      BearerToken: { type: 'apiKey', name: 'authorization', in: 'header', description: 'Bearer Token authentication' },
    },
    security: [{ BearerToken: [] }],
  };
}

function pathItem({ operations, variables }: PathSpec, definitions: DefinitionSet): PathItemV2 {
  const item: PathItemV2 = { parameters: [...variables.map((name) => pathParameters[name]), pretty] };
  for (const spec of operations) item[spec.method] = operation(spec, definitions);
  return item;
}

function operation(spec: OperationSpec, definitions: DefinitionSet): OperationV2 {
  const answer = { description: 'OK', schema: schemaOf(spec.answer, definitions) };
  const responses: OperationV2['responses'] = { '200': answer };
  for (const code of spec.otherCodes)
    responses[code] = { ...answer, description: code === 201 ? 'Created' : 'Accepted' };
  responses['401'] = { description: 'Unauthorized' };
  return {
    description: spec.description,
    consumes: spec.consumes,
    produces: spec.produces,
    schemes: ['https'],
    tags: [spec.tag],
    operationId: spec.operationId,
    parameters:
      spec.body === undefined ? queries[spec.action] : [bodyParameter(spec.body, definitions), ...queries[spec.action]],
    responses,
    'x-kubernetes-action': spec.action,
    'x-kubernetes-group-version-kind': { ...spec.kind },
  };
}

function bodyParameter(body: NonNullable<OperationSpec['body']>, definitions: DefinitionSet): ParameterV2 {
  return {
    name: 'body',
    in: 'body',
    ...(body.required ? { required: true } : {}),
    schema: schemaOf(body.definition, definitions),
  };
}

function schemaOf(definition: string, definitions: DefinitionSet): OpenApiSchema {
  return definition === anyObject ? { type: 'object' } : { $ref: definitions.refer(definition) };
}

function queryParameter({ name, type, description }: QueryParameter): ParameterV2 {
  return { name, in: 'query', description, type, uniqueItems: true };
}

const pretty = queryParameter(prettyParameter);
const queries = Object.fromEntries(
  Object.entries(queryParameters).map(([action, parameters]) => [action, parameters.map(queryParameter)]),
) as unknown as Readonly<Record<OperationSpec['action'], readonly ParameterV2[]>>;

const pathParameters: Readonly<Record<'namespace' | 'name', ParameterV2>> = {
  namespace: {
    name: 'namespace',
    in: 'path',
    description: 'Namespace of the object.',
    required: true,
    type: 'string',
    uniqueItems: true,
  },
  name: {
    name: 'name',
    in: 'path',
    description: 'Name of the object.',
    required: true,
    type: 'string',
    uniqueItems: true,
  },
};
