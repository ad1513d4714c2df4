import type { KubeObject } from '@canopy/apimachinery';
import { boundCrdsCluster } from '../logical-cluster/stored-kinds.ts';

interface SchemaSpec {
  group: string;
  names: Record<string, unknown>;
  scope: string;
  nameValidation?: string;
  versions: Record<string, unknown>[];
  conversion?: { strategy?: string; webhook?: { clientConfig?: unknown; conversionReviewVersions?: unknown } };
}

/**
 * The CRD that stands for a bound APIResourceSchema. It lives in `system:bound-crds`, is named by the schema's UID and
 * shared by all bindings; it outlives the schema it was made from.
 */
export function boundCrdOf(schema: KubeObject, schemaCluster: string): KubeObject {
  const spec = schema.spec as SchemaSpec;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: schema.metadata.uid ?? '',
      annotations: {
        'apis.kcp.io/bound-crd': '',
        'apis.kcp.io/schema-cluster': schemaCluster,
        'apis.kcp.io/schema-name': schema.metadata.name ?? '',
        'kcp.io/cluster': boundCrdsCluster,
        ...(spec.nameValidation === 'PathSegmentName' ? { 'apis.kcp.io/name-validation': 'PathSegmentName' } : {}),
      },
    },
    spec: {
      group: spec.group,
      names: spec.names,
      scope: spec.scope,
      versions: spec.versions.map(crdVersionOf),
      conversion: spec.conversion ?? { strategy: 'None' },
    },
    status: {
      acceptedNames: spec.names,
      storedVersions: spec.versions.filter((version) => version.storage === true).map((version) => version.name),
      conditions: [
        {
          type: 'NamesAccepted',
          status: 'True',
          reason: 'NoConflicts',
          message: 'no conflicts found',
          lastTransitionTime: schema.metadata.creationTimestamp,
        },
        {
          type: 'Established',
          status: 'True',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
          lastTransitionTime: schema.metadata.creationTimestamp,
        },
      ],
    },
  };
}

function crdVersionOf(version: Record<string, unknown>): Record<string, unknown> {
  const { schema, ...rest } = version;
  return { ...rest, served: version.served ?? true, schema: { openAPIV3Schema: schema } };
}
