import type { KubeObject } from '@canopy/apimachinery';

/** A resource of a provider: objects with `spec.size` and `spec.note`, and a status with `phase`. */
export interface DemoResource {
  group: string;
  /** Lower case; the kind is its singular form with a capital letter. */
  plural: string;
  scope?: 'Namespaced' | 'Cluster';
  /** Prefix of the schema's name. Default `v1`. */
  prefix?: string;
}

export interface DemoClaim {
  group?: string;
  resource: string;
  verbs?: readonly string[];
  identityHash?: string;
}

export function kindOf(plural: string): string {
  const singular = plural.replace(/s$/, '');
  return singular.charAt(0).toUpperCase() + singular.slice(1);
}

/** New at every call: tests may change theirs. */
const demoSchema = () => ({
  type: 'object',
  properties: {
    spec: { type: 'object', properties: { size: { type: 'integer' }, note: { type: 'string' } } },
    status: { type: 'object', properties: { phase: { type: 'string' } } },
  },
});

/** An APIResourceSchema. */
export function resourceSchema({ group, plural, scope = 'Namespaced', prefix = 'v1' }: DemoResource): KubeObject {
  const kind = kindOf(plural);
  return {
    apiVersion: 'apis.kcp.io/v1alpha1',
    kind: 'APIResourceSchema',
    metadata: { name: `${prefix}.${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [{ name: 'v1', served: true, storage: true, schema: demoSchema(), subresources: { status: {} } }],
    },
  };
}

/** A CustomResourceDefinition of the same shape. */
export function customResource({ group, plural, scope = 'Namespaced' }: DemoResource): KubeObject {
  const kind = kindOf(plural);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: demoSchema() },
          subresources: { status: {} },
        },
      ],
    },
  };
}

/** An APIExport (v1alpha2) of resources whose schemas have the same cluster. */
export function apiExport(
  name: string,
  resources: readonly DemoResource[],
  claims: readonly DemoClaim[] = [],
): KubeObject {
  return {
    apiVersion: 'apis.kcp.io/v1alpha2',
    kind: 'APIExport',
    metadata: { name },
    spec: {
      resources: resources.map((resource) => ({
        name: resource.plural,
        group: resource.group,
        schema: resourceSchema(resource).metadata.name,
        storage: { crd: {} },
      })),
      ...(claims.length > 0
        ? { permissionClaims: claims.map((claim) => ({ verbs: ['*'], group: '', ...claim })) }
        : {}),
    },
  };
}

/** An answer to a claim; by default accepted, for all verbs and all objects. */
export interface DemoAnswer extends DemoClaim {
  state?: 'Accepted' | 'Rejected';
  selector?: Record<string, unknown>;
}

/** An APIBinding (v1alpha2). */
export function apiBinding(
  name: string,
  at: { path?: string; export: string },
  answers: readonly DemoAnswer[] = [],
): KubeObject {
  return {
    apiVersion: 'apis.kcp.io/v1alpha2',
    kind: 'APIBinding',
    metadata: { name },
    spec: {
      reference: { export: { name: at.export, ...(at.path === undefined ? {} : { path: at.path }) } },
      ...(answers.length > 0
        ? {
            permissionClaims: answers.map((answer) => ({
              verbs: ['*'],
              group: '',
              state: 'Accepted',
              selector: { matchAll: true },
              ...answer,
            })),
          }
        : {}),
    },
  };
}

export function configMap(
  name: string,
  data: Record<string, string> = {},
  labels?: Record<string, string>,
): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...(labels === undefined ? {} : { labels }) }, data };
}

/** An object of a {@link DemoResource}. */
export function demoObject(
  { group, plural }: DemoResource,
  name: string,
  spec: Record<string, unknown> = {},
): KubeObject {
  return { apiVersion: `${group}/v1`, kind: kindOf(plural), metadata: { name }, spec };
}
