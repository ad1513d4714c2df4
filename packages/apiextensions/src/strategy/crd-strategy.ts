import type { KubeObject } from '@canopy/apimachinery';
import { type ClusterAccess, clusterAnnotation, type Strategy, type StrategyContext } from '@canopy/apiserver';
import type { Transaction } from '@canopy/storage';
import {
  type CrdNames,
  type CrdObject,
  type CrdSpec,
  cleanupFinalizer,
  storageVersionOf,
  withCondition,
} from '../definition/crd-object.ts';
import { type NameNeighbours, settleStatus } from '../names/settle-status.ts';
import { validateDefinition, validateDefinitionUpdate, validateStoredVersions } from '../validation/crd-validation.ts';

/** Definitions by logical cluster and group: value `<cluster>/<group>`. */
export const crdGroupIndex = 'crd-group';

/** What the strategy reads besides the object at hand. */
export interface CrdNeighbourhood {
  /** What else uses names of the group in this cluster, read from the store. */
  neighbours(access: ClusterAccess, group: string): Promise<NameNeighbours>;
  /**
   * Makes the reading safe against a definition that is written at the same time and wants one of the same names: the
   * compares and operations to commit with. Called before `neighbours`.
   */
  guard(access: ClusterAccess, group: string, names: CrdNames): Promise<Transaction>;
}

function fillDefaults(spec: CrdSpec): void {
  const { names } = spec;
  if (names?.kind) {
    names.singular ||= names.kind.toLowerCase();
    names.listKind ||= `${names.kind}List`;
  }
  spec.conversion ??= { strategy: 'None' };
  if (spec.preserveUnknownFields === false) delete spec.preserveUnknownFields;
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service !== undefined && service !== null) service.port ??= 443;
}

/** The history of storage versions, with the present one. */
function rememberStorageVersion(crd: CrdObject, before: readonly string[]): string[] {
  const storage = storageVersionOf(crd.spec);
  return storage === undefined || before.includes(storage) ? [...before] : [...before, storage];
}

/**
 * CustomResourceDefinitions. Their status is computed while they are written, so that a definition is established when
 * its POST returns. Name changes on update are settled by the admission plugin `crdNamesAdmission`.
 */
export function crdStrategy(neighbourhood: CrdNeighbourhood): Strategy {
  return {
    prepareForCreate(object) {
      const crd = object as CrdObject;
      if (!hasSpec(crd)) return;
      fillDefaults(crd.spec);
      crd.status = {
        conditions: [],
        acceptedNames: { plural: '', kind: '' },
        storedVersions: rememberStorageVersion(crd, []),
      };
    },
    validateCreate: (object) => validateDefinition(object as CrdObject),
    prepareForUpdate(object, old) {
      const crd = object as CrdObject;
      if (!hasSpec(crd)) return;
      fillDefaults(crd.spec);
      const before = (old as CrdObject).status?.storedVersions ?? [];
      crd.status = { ...crd.status, storedVersions: rememberStorageVersion(crd, before) };
    },
    validateUpdate: (object, old) => validateDefinitionUpdate(object as CrdObject, old as CrdObject),
    validateStatusUpdate: (object) => validateStoredVersions(object as CrdObject),
    indexes(object) {
      const cluster = object.metadata.annotations?.[clusterAnnotation];
      return cluster === undefined
        ? []
        : [{ index: crdGroupIndex, value: crdGroupIndexValue(cluster, (object as CrdObject).spec.group) }];
    },
    beginDeletion(object, { now }) {
      markTerminating(object as CrdObject, now);
      return true;
    },
    async alongsideCreate(object, context) {
      const crd = object as CrdObject;
      return settle(crd, context, neighbourhood);
    },
    allowUnconditionalUpdate: false,
  };
}

/** Settles the status of a definition in place; the result makes the write safe. */
async function settle(
  crd: CrdObject,
  { access, now }: StrategyContext,
  neighbourhood: CrdNeighbourhood,
): Promise<Transaction> {
  const { group, names } = crd.spec;
  const guard = await neighbourhood.guard(access, group, names);
  crd.status = settleStatus(crd, await neighbourhood.neighbours(access, group), now);
  return guard;
}

export function crdGroupIndexValue(cluster: string, group: string): string {
  return `${cluster}/${group}`;
}

/** Before validation the object may lack anything that its schema demands. */
function hasSpec(crd: KubeObject): crd is CrdObject {
  const { spec } = crd as { spec?: { versions?: unknown; names?: unknown } | null };
  return Array.isArray(spec?.versions) && typeof spec.names === 'object';
}

function markTerminating(crd: CrdObject, now: string): void {
  const finalizers = crd.metadata.finalizers ?? [];
  if (!finalizers.includes(cleanupFinalizer)) crd.metadata.finalizers = [...finalizers, cleanupFinalizer];
  const conditions = withCondition(
    crd.status?.conditions ?? [],
    {
      type: 'Terminating',
      status: 'True',
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    },
    now,
  );
  crd.status = { ...crd.status, conditions };
}
