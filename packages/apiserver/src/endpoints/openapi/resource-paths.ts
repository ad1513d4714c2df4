import { apiVersionOf } from '@canopy/apimachinery';
import type { DiscoveredResource, DiscoveredSubresource } from '../discovery/discovered-resource.ts';
import { capitalize, type GroupVersionKind, metaDefinition, operationGroup, operationTag } from './definition-names.ts';
import type { OperationAction } from './query-parameters.ts';

export type HttpMethod = 'get' | 'put' | 'post' | 'delete' | 'patch';

/** One operation, before it is written in the words of one OpenAPI version. */
export interface OperationSpec {
  method: HttpMethod;
  action: OperationAction;
  operationId: string;
  description: string;
  tag: string;
  kind: GroupVersionKind;
  /** Definition of the body; undefined when there is none, `'any'` when its schema is not known here. */
  body: { definition: string; required: boolean } | undefined;
  /** Media types of the body. */
  consumes: readonly string[];
  /** Media types of the answer. */
  produces: readonly string[];
  /** Definition of the answer. */
  answer: string;
  /** Status codes of success besides 200. */
  otherCodes: readonly number[];
}

export interface PathSpec {
  path: string;
  /** Variables in the path. */
  variables: readonly ('namespace' | 'name')[];
  operations: OperationSpec[];
}

/** Schema of any object. */
export const anyObject = 'any';

export interface KindDefinitions {
  /** Definition of the resource's kind and of its list. */
  kind: string;
  list: string;
  native: boolean;
  /** Definition of another kind, {@link anyObject} if there is none. */
  of(kind: GroupVersionKind): string;
}

const objectTypes = ['application/json', 'application/yaml'];
const listTypes = [...objectTypes, 'application/json;stream=watch'];
const customPatchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/apply-patch+yaml',
];
const nativePatchTypes = [...customPatchTypes, 'application/strategic-merge-patch+json'];

interface Naming {
  resource: DiscoveredResource;
  definitions: KindDefinitions;
  self: GroupVersionKind;
  /** `Namespaced` or nothing, in operation ids. */
  scope: string;
  idGroup: string;
  tag: string;
}

/** All paths of one resource in one version. */
export function resourcePaths(resource: DiscoveredResource, version: string, definitions: KindDefinitions): PathSpec[] {
  const { group, names } = resource.declaration;
  const root = `${group === '' ? '/api' : '/apis'}/${apiVersionOf(group, version)}`;
  const naming: Naming = {
    resource,
    definitions,
    self: { group, version, kind: names.kind },
    scope: resource.namespaced ? 'Namespaced' : '',
    idGroup: operationGroup(group, version),
    tag: operationTag(group, version),
  };
  const collection = resource.namespaced ? `${root}/namespaces/{namespace}/${names.plural}` : `${root}/${names.plural}`;
  const inNamespace = resource.namespaced ? (['namespace'] as const) : [];
  const paths: PathSpec[] = [
    { path: collection, variables: inNamespace, operations: collectionOperations(naming) },
    { path: `${collection}/{name}`, variables: [...inNamespace, 'name'], operations: objectOperations(naming) },
    ...resource.subresources.map((sub) => ({
      path: `${collection}/{name}/${sub.name}`,
      variables: [...inNamespace, 'name'] as const,
      operations: subresourceOperations(naming, sub),
    })),
  ];
  if (resource.namespaced && resource.verbs.includes('list')) {
    const operationId = `list${naming.idGroup}${names.kind}ForAllNamespaces`;
    paths.push({
      path: `${root}/${names.plural}`,
      variables: [],
      operations: [{ ...listOperation(naming), operationId }],
    });
  }
  return paths.filter((path) => path.operations.length > 0);
}

function collectionOperations(naming: Naming): OperationSpec[] {
  const { verbs } = naming.resource;
  return [
    ...(verbs.includes('list') ? [listOperation(naming)] : []),
    ...(verbs.includes('create') ? [kindOperation(naming, 'create')] : []),
    ...(verbs.includes('deletecollection') ? [deleteCollection(naming)] : []),
  ];
}

function objectOperations(naming: Naming): OperationSpec[] {
  const { verbs } = naming.resource;
  return (['get', 'update', 'delete', 'patch'] as const)
    .filter((verb) => verbs.includes(verb))
    .map((verb) => kindOperation(naming, verb));
}

function subresourceOperations(naming: Naming, sub: DiscoveredSubresource): OperationSpec[] {
  const kind = { group: sub.group ?? naming.self.group, version: sub.version ?? naming.self.version, kind: sub.kind };
  return (['get', 'create', 'update', 'delete', 'patch'] as const)
    .filter((verb) => sub.verbs.includes(verb))
    .map((verb) => kindOperation(naming, verb, { name: sub.name, kind }));
}

type KindVerb = 'get' | 'create' | 'update' | 'delete' | 'patch';

const wording: Readonly<
  Record<KindVerb, { method: HttpMethod; word: string; action: OperationAction; codes: readonly number[] }>
> = {
  get: { method: 'get', word: 'read', action: 'get', codes: [] },
  create: { method: 'post', word: 'create', action: 'post', codes: [201, 202] },
  update: { method: 'put', word: 'replace', action: 'put', codes: [201] },
  delete: { method: 'delete', word: 'delete', action: 'delete', codes: [202] },
  patch: { method: 'patch', word: 'patch', action: 'patch', codes: [201] },
};

function kindOperation(naming: Naming, verb: KindVerb, sub?: { name: string; kind: GroupVersionKind }): OperationSpec {
  const { self, definitions, idGroup, scope, tag } = naming;
  const { method, word, action, codes } = wording[verb];
  const kind = sub?.kind ?? self;
  const own = kind.kind === self.kind && kind.group === self.group && kind.version === self.version;
  const definition = own ? definitions.kind : definitions.of(kind);
  const subject = sub === undefined ? self.kind : `${sub.name} of ${self.kind}`;
  return {
    method,
    action,
    operationId: `${word}${idGroup}${scope}${self.kind}${sub === undefined ? '' : capitalize(sub.name)}`,
    description: verb === 'patch' ? `partially update ${subject}` : `${word} ${subject}`,
    tag,
    kind,
    body: bodyOf(verb, definition),
    consumes: verb === 'patch' ? (definitions.native ? nativePatchTypes : customPatchTypes) : objectTypes,
    produces: objectTypes,
    answer: verb === 'delete' ? metaDefinition('Status') : definition,
    otherCodes: codes,
  };
}

function bodyOf(verb: KindVerb, definition: string): OperationSpec['body'] {
  switch (verb) {
    case 'get':
      return undefined;
    case 'delete':
      return { definition: metaDefinition('DeleteOptions'), required: false };
    case 'patch':
      return { definition: metaDefinition('Patch'), required: true };
    default:
      return { definition, required: true };
  }
}

function listOperation({ self, definitions, idGroup, scope, tag }: Naming): OperationSpec {
  return {
    method: 'get',
    action: 'list',
    operationId: `list${idGroup}${scope}${self.kind}`,
    description: `list or watch objects of kind ${self.kind}`,
    tag,
    kind: self,
    body: undefined,
    consumes: objectTypes,
    produces: listTypes,
    answer: definitions.list,
    otherCodes: [],
  };
}

function deleteCollection({ self, idGroup, scope, tag }: Naming): OperationSpec {
  return {
    method: 'delete',
    action: 'deletecollection',
    operationId: `delete${idGroup}Collection${scope}${self.kind}`,
    description: `delete collection of ${self.kind}`,
    tag,
    kind: self,
    body: { definition: metaDefinition('DeleteOptions'), required: false },
    consumes: objectTypes,
    produces: objectTypes,
    answer: metaDefinition('Status'),
    otherCodes: [],
  };
}
