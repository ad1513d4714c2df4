import { type Condition, setCondition } from '@canopy/api';
import {
  type FieldError,
  forbiddenField,
  invalidValue,
  type KubeObject,
  validateStructural,
} from '@canopy/apimachinery';
import { mintClusterAccess, putNewObject, type Strategy, type StrategyContext } from '@canopy/apiserver';
import type { Compare, Operation, Transaction } from '@canopy/storage';
import { objectKey } from '@canopy/storage';
import { logicalClusterKey, readObject } from '../logical-cluster/stored-kinds.ts';
import { identityHashOf, newIdentityKey } from '../names.ts';
import { namespaceContent } from '../namespaces/namespace-content.ts';
import type { ShardSettings } from '../shard-settings.ts';
import type { WorkspaceSurfaces } from '../surface/workspace-surfaces.ts';
import { bindingIndexEntries, sliceIndexEntries } from './binding-indexes.ts';
import { type BindingWorld, planBinding } from './binding-plan.ts';
import { bindingSpecOf, exportSpecOf, identityHashOfExport } from './export-model.ts';
import { identityIndex } from './identity-resources.ts';
import { nameHoldersOf } from './name-holders.ts';

export const identityNamespace = 'kcp-system';
export const skipEndpointSlice = 'apiexports.apis.kcp.io/skip-endpointslice';

/** An APIExport brings its identity and its endpoint slice with it, in the same transaction. */
export function apiExportStrategy(world: BindingWorld, shard: ShardSettings): Strategy {
  return {
    alongsideCreate: (object, context) => publishExport(world, shard, object, context),
    indexes(object) {
      const identity = identityHashOfExport(object);
      return identity === '' ? [] : [{ index: identityIndex, value: identity }];
    },
  };
}

async function publishExport(
  world: BindingWorld,
  shard: ShardSettings,
  object: KubeObject,
  context: StrategyContext,
): Promise<Transaction> {
  const operations: Operation[] = [];
  const compares: Compare[] = [];
  const name = object.metadata.name ?? '';
  const { cluster } = context.access;
  const spec = exportSpecOf(object);
  const reference = spec.identity?.secretRef ?? { namespace: identityNamespace, name };
  object.spec = {
    ...spec,
    identity: { secretRef: { namespace: reference.namespace ?? identityNamespace, name: reference.name ?? name } },
  };
  const identity = await identityKey(world, context, { reference, rootCa: shard.rootCa }, { operations, compares });
  const status = (object.status ?? {}) as { identityHash?: string; conditions?: Condition[] };
  object.status = status;
  if (identity === undefined) {
    status.conditions = setCondition(
      status.conditions,
      {
        type: 'IdentityValid',
        status: 'False',
        severity: 'Error',
        reason: 'IdentityVerificationFailed',
        message: `secret "${reference.namespace}/${reference.name}" has no data.key`,
      },
      context.now,
    );
  } else {
    status.identityHash = identityHashOf(identity);
    status.conditions = setCondition(status.conditions, { type: 'IdentityValid', status: 'True' }, context.now);
  }
  if (object.metadata.annotations?.[skipEndpointSlice] === undefined) {
    const path = await world.directory.pathOf(cluster);
    const slice = endpointSlice(name, { path, url: exportUrl(shard, cluster, name) }, context.now);
    const key = objectKey({ group: 'apis.kcp.io', resource: 'apiexportendpointslices', cluster, name });
    if ((await world.registry.storage.get(key)) === undefined) {
      operations.push(
        putNewObject(
          world.registry,
          world.native.find('apis.kcp.io', 'apiexportendpointslices'),
          context.access,
          slice,
        ),
      );
      compares.push({ key, modRevision: 0 });
    }
  }
  return { operations, compares };
}

/** Base URL of an export's virtual workspace. */
export function exportUrl(shard: ShardSettings, cluster: string, name: string): string {
  return `${shard.virtualWorkspaceUrl}/services/apiexport/${cluster}/${name}`;
}

export function endpointSlice(name: string, at: { path: string; url: string }, now: string): KubeObject {
  return {
    apiVersion: 'apis.kcp.io/v1alpha1',
    kind: 'APIExportEndpointSlice',
    metadata: { name },
    spec: { export: { path: at.path, name } },
    status: sliceStatus(at.url, now),
  };
}

export function sliceStatus(url: string, now: string): Record<string, unknown> {
  let conditions: Condition[] = [];
  for (const type of ['APIExportValid', 'PartitionValid', 'EndpointURLsReady']) {
    conditions = setCondition(conditions, { type, status: 'True' }, now);
  }
  return { endpoints: [{ url }], conditions };
}

/** The identity key of an existing secret, else a new one whose secret (and namespace) is added to the writes. */
async function identityKey(
  world: BindingWorld,
  context: StrategyContext,
  { reference, rootCa }: { reference: { namespace?: string; name?: string }; rootCa: string },
  writes: { operations: Operation[]; compares: Compare[] },
): Promise<Buffer | undefined> {
  const { cluster } = context.access;
  const namespace = reference.namespace ?? identityNamespace;
  const at = { group: '', resource: 'secrets', cluster, namespace, name: reference.name ?? '' };
  const secret = await readObject(world.registry.storage, objectKey(at));
  if (secret !== undefined) {
    const encoded = (secret.object.data as Record<string, string> | undefined)?.key;
    return encoded === undefined ? undefined : Buffer.from(encoded, 'base64');
  }
  const access = mintClusterAccess(cluster);
  const namespaceKey = objectKey({ group: '', resource: 'namespaces', cluster, name: namespace });
  if ((await world.registry.storage.get(namespaceKey)) === undefined) {
    writes.operations.push(...namespaceContent(world, access, namespace, rootCa));
    writes.compares.push({ key: namespaceKey, modRevision: 0 });
  }
  const key = Buffer.from(newIdentityKey());
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: at.name, namespace },
    type: 'Opaque',
    data: { key: key.toString('base64') },
  };
  writes.operations.push(putNewObject(world.registry, world.native.find('', 'secrets'), access, object));
  writes.compares.push({ key: objectKey(at), modRevision: 0 });
  return key;
}

/** Slices that users make: valid when their export exists. */
export function endpointSliceStrategy(world: BindingWorld, shard: ShardSettings): Strategy {
  return {
    async alongsideCreate(object, context) {
      const reference = (object.spec as { export: { path?: string; name: string } }).export;
      const cluster = await world.directory.resolveName(reference.path || context.access.cluster);
      const found = cluster === undefined ? undefined : await world.exports.find(cluster, reference.name);
      if (cluster !== undefined && found !== undefined) {
        object.status = sliceStatus(exportUrl(shard, cluster, reference.name), context.now);
      } else {
        const message = `APIExport ${reference.path || context.access.cluster}|${reference.name} not found`;
        const problem = {
          type: 'APIExportValid',
          status: 'False' as const,
          severity: 'Error',
          reason: 'APIExportNotFound',
          message,
        };
        object.status = { endpoints: [], conditions: setCondition([], problem, context.now) };
      }
      return { operations: [], compares: [] };
    },
    indexes: sliceIndexEntries,
  };
}

/** A binding is bound by its creation where that is possible; `status` says why where it is not. */
export function apiBindingStrategy(world: BindingWorld, surfaces: WorkspaceSurfaces): Strategy {
  return {
    async alongsideCreate(object, context) {
      const logicalCluster = await readObject(world.registry.storage, logicalClusterKey(context.access.cluster));
      delete object.status;
      const plan = await planBinding(world, {
        binding: object,
        cluster: context.access.cluster,
        logicalCluster,
        holders: await holdersFor(world, surfaces, context.access.cluster, object),
      });
      return { operations: plan.operations, compares: plan.compares };
    },
    indexes: bindingIndexEntries,
    selectableFields: {
      'spec.reference.export.name': (object) => bindingSpecOf(object).reference?.export?.name ?? '',
      'status.phase': (object) => (object.status as { phase?: string } | undefined)?.phase ?? '',
    },
  };
}

/** Names taken in a cluster by others than this binding's export. */
export async function holdersFor(
  world: BindingWorld,
  surfaces: WorkspaceSurfaces,
  cluster: StrategyContext['access']['cluster'],
  binding: KubeObject,
): Promise<ReturnType<typeof nameHoldersOf>> {
  const reference = bindingSpecOf(binding).reference?.export;
  const exportCluster = (await world.directory.resolveName(reference?.path || cluster)) ?? '';
  const exportName = reference?.name ?? '';
  const own = exportCluster === 'root' ? world.native.byRootExport.get(exportName) : undefined;
  return nameHoldersOf(await surfaces.surface({ kind: 'cluster', name: cluster }), {
    exportCluster,
    exportName,
    native: (group, plural) =>
      own?.some(({ declaration }) => declaration.group === group && declaration.names.plural === plural) === true,
  });
}

interface SchemaSpec {
  group: string;
  names: { plural: string; singular?: string; kind: string; listKind?: string };
  versions: { name: string; storage?: boolean; served?: boolean; schema?: unknown }[];
}

/** APIResourceSchemas never change, and what they hold must be a structural schema as for CRDs. */
export const apiResourceSchemaStrategy: Strategy = {
  validateCreate(object) {
    const errors: FieldError[] = [];
    const spec = object.spec as SchemaSpec;
    const suffix = `.${spec.names.plural}.${spec.group === '' ? 'core' : spec.group}`;
    const name = object.metadata.name ?? '';
    const prefix = name.endsWith(suffix) ? name.slice(0, -suffix.length) : '';
    if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(prefix)) {
      errors.push(
        invalidValue(
          'metadata.name',
          name,
          `must be <prefix>${suffix} with a prefix of lower-case letters, digits and dashes`,
        ),
      );
    }
    if (spec.group === 'core') errors.push(invalidValue('spec.group', spec.group, 'must be empty for the core group'));
    for (const field of ['singular', 'listKind'] as const) {
      if (!spec.names[field]) errors.push(invalidValue(`spec.names.${field}`, spec.names[field] ?? '', 'must be set'));
    }
    const storing = spec.versions.filter((version) => version.storage === true);
    if (storing.length !== 1)
      errors.push(
        invalidValue(
          'spec.versions',
          spec.versions.map((v) => v.name),
          'must have exactly one version marked as storage version',
        ),
      );
    spec.versions.forEach((version, i) => {
      errors.push(...validateStructural((version.schema ?? {}) as never, { root: `spec.versions[${i}].schema` }));
    });
    return errors;
  },
  validateUpdate(object, old) {
    return JSON.stringify(object.spec) === JSON.stringify(old.spec)
      ? []
      : [forbiddenField('spec', 'an APIResourceSchema is immutable; create a new one and let the export refer to it')];
  },
};
