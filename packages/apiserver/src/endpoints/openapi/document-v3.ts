import type { DiscoveredGroup } from '../discovery/discovered-resource.ts';
import { DefinitionSet } from './definition-set.ts';
import type { DocumentInfo, DocumentOptions } from './document-v2.ts';
import type { OpenApiSchema } from './publish-schema.ts';
import { prettyParameter, type QueryParameter, queryParameters } from './query-parameters.ts';
import { anyObject, type OperationSpec, type PathSpec, resourcePaths } from './resource-paths.ts';

/** OpenAPI 3.0, as far as API servers use it. */
export interface DocumentV3 {
  openapi: '3.0.0';
  info: DocumentInfo;
  paths: Record<string, OpenApiSchema>;
  components: { schemas: Record<string, OpenApiSchema>; securitySchemes: OpenApiSchema };
}

/** The document of one group in one version; `group` has just that version. */
export function documentV3(group: DiscoveredGroup, options: DocumentOptions): DocumentV3 {
  const definitions = new DefinitionSet({ dialect: 'v3', groups: [group], definitionNameOf: options.definitionNameOf });
  const paths = group.versions.flatMap(({ version, resources }) =>
    resources.flatMap((resource) => resourcePaths(resource, version, definitions.add(group.group, version, resource))),
  );
  paths.sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    openapi: '3.0.0',
    info: options.info,
    paths: Object.fromEntries(paths.map((path) => [path.path, pathItem(path, definitions)])),
    components: {
      schemas: definitions.sorted(),
      securitySchemes: {
        BearerToken: {
          type: 'apiKey',
          name: 'authorization',
          in: 'header',
          description: 'Bearer Token authentication',
        },
      },
    },
  };
}

function pathItem({ operations, variables }: PathSpec, definitions: DefinitionSet): OpenApiSchema {
  return {
    ...Object.fromEntries(operations.map((spec) => [spec.method, operation(spec, definitions)])),
    parameters: [...variables.map((name) => pathParameters[name]), pretty],
  };
}

function operation(spec: OperationSpec, definitions: DefinitionSet): OpenApiSchema {
  const content = contentOf(spec.produces, spec.answer, definitions);
  const responses: OpenApiSchema = { '200': { description: 'OK', content } };
  for (const code of spec.otherCodes) responses[code] = { description: code === 201 ? 'Created' : 'Accepted', content };
  responses['401'] = { description: 'Unauthorized' };
  return {
    tags: [spec.tag],
    description: spec.description,
    operationId: spec.operationId,
    ...(queries[spec.action].length === 0 ? {} : { parameters: queries[spec.action] }),
    ...(spec.body === undefined
      ? {}
      : {
          requestBody: {
            content: contentOf(spec.consumes, spec.body.definition, definitions),
            ...(spec.body.required ? { required: true } : {}),
          },
        }),
    responses,
    'x-kubernetes-action': spec.action,
    'x-kubernetes-group-version-kind': spec.kind,
  };
}

function contentOf(mediaTypes: readonly string[], definition: string, definitions: DefinitionSet): OpenApiSchema {
  const schema = definition === anyObject ? { type: 'object' } : { $ref: definitions.refer(definition) };
  return Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, { schema }]));
}

function queryParameter({ name, type, description }: QueryParameter): OpenApiSchema {
  return { name, in: 'query', description, schema: { type, uniqueItems: true } };
}

const pretty = queryParameter(prettyParameter);
const queries = Object.fromEntries(
  Object.entries(queryParameters).map(([action, parameters]) => [action, parameters.map(queryParameter)]),
) as unknown as Readonly<Record<OperationSpec['action'], readonly OpenApiSchema[]>>;

const pathParameters: Readonly<Record<'namespace' | 'name', OpenApiSchema>> = {
  namespace: {
    name: 'namespace',
    in: 'path',
    description: 'Namespace of the object.',
    required: true,
    schema: { type: 'string', uniqueItems: true },
  },
  name: {
    name: 'name',
    in: 'path',
    description: 'Name of the object.',
    required: true,
    schema: { type: 'string', uniqueItems: true },
  },
};
