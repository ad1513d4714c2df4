import type { Condition } from '@canopy/api';
import type { KubeObject } from '@canopy/apimachinery';
import type { IndexEntry } from '@canopy/storage';
import { bindingSpecOf } from './export-model.ts';

/** Bindings with something that is not as it should be, by the name of their export: they are tried again. */
export const pendingBindingIndex = 'binding-pending';
/** Bindings by the UIDs of the schemas that they have bound, all in one value: see {@link schemasOfIndexValue}. */
export const boundSchemaIndex = 'binding-schema';
/** So many UIDs stay below the bound of an index value. */
const schemasInValue = 100;
/** Endpoint slices by the name of their export, wherever that is. */
export const sliceExportIndex = 'slice-export';

interface BindingState {
  phase?: string;
  boundResources?: { schema: { UID: string } }[];
  conditions?: Condition[];
}

export function bindingIndexEntries(binding: KubeObject): IndexEntry[] {
  const status = (binding.status ?? {}) as BindingState;
  const uids = [...new Set((status.boundResources ?? []).map(({ schema }) => schema.UID))].sort();
  const entries: IndexEntry[] = [];
  for (let i = 0; i < uids.length; i += schemasInValue)
    entries.push({ index: boundSchemaIndex, value: uids.slice(i, i + schemasInValue).join(',') });
  if (isPending(binding))
    entries.push({ index: pendingBindingIndex, value: bindingSpecOf(binding).reference?.export?.name ?? '' });
  return entries;
}

/** UIDs of schemas: there are as many such values as there are sets of schemas in use, whatever the number of bindings. */
export function schemasOfIndexValue(value: string): string[] {
  return value.split(',');
}

/** Whether a binding waits for something outside itself. */
export function isPending(binding: KubeObject): boolean {
  const { phase, conditions } = (binding.status ?? {}) as BindingState;
  const open = (type: string): boolean => conditions?.find((condition) => condition.type === type)?.status !== 'True';
  return phase !== 'Bound' || open('APIExportValid') || open('BindingUpToDate') || open('PermissionClaimsApplied');
}

export function sliceIndexEntries(slice: KubeObject): IndexEntry[] {
  const name = (slice.spec as { export?: { name?: string } } | undefined)?.export?.name;
  return name === undefined ? [] : [{ index: sliceExportIndex, value: name }];
}
