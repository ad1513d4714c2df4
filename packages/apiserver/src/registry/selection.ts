import { badRequest, type FieldSelector, type KubeObject, type LabelSelector } from '@canopy/apimachinery';
import type { IndexEntry } from '@canopy/storage';
import { servedVersion } from './object-rules.ts';
import { inVersion } from './registry.ts';
import type { ServedResource } from './served-resource.ts';

/** Which objects of a collection a list, watch or deletecollection is about. */
export interface Selection {
  labels: LabelSelector | undefined;
  fields: FieldSelector | undefined;
  /** Restrictions that the server adds (virtual workspaces); applied after the client's. */
  extra?: (object: KubeObject) => boolean;
  /** An index whose rows contain every object of the selection; narrows the read. */
  index?: IndexEntry;
}

export interface Matcher {
  /** True when every object matches: nothing has to be decoded. */
  all: boolean;
  /** `object` is in the storage version. */
  matches(object: KubeObject): boolean;
  /** The same for selections of the same kind and version that select the same; `''`: everything; undefined: like no other. */
  sharingKey: string | undefined;
  /** Set when only one name can match. */
  name: string | undefined;
  /** Set when only one namespace can match. */
  namespace: string | undefined;
}

/** Checks the field selector against what the kind can select by (400 otherwise) and compiles both selectors. */
export function compileSelection(resource: ServedResource, version: string, selection: Selection): Matcher {
  const { labels, fields, extra } = selection;
  const requirements = fields?.requirements ?? [];
  const getters = requirements.map((requirement) => fieldGetter(resource, version, requirement.field));
  const all = (labels === undefined || labels.empty) && requirements.length === 0 && extra === undefined;
  return {
    all,
    sharingKey: all ? '' : extra === undefined ? `${version}\n${labels ?? ''}\n${fields ?? ''}` : undefined,
    name: fields?.requiresExactMatch('metadata.name'),
    namespace: fields?.requiresExactMatch('metadata.namespace'),
    matches(object) {
      if (labels !== undefined && !labels.empty && !labels.matches(object.metadata.labels ?? {})) return false;
      for (let i = 0; i < requirements.length; i++) {
        const requirement = requirements[i]!;
        const equal = getters[i]!(object) === requirement.value;
        if (equal !== (requirement.operator === '=')) return false;
      }
      return extra === undefined || extra(object);
    },
  };
}

function fieldGetter(resource: ServedResource, version: string, field: string): (object: KubeObject) => string {
  if (field === 'metadata.name') return (object) => object.metadata.name ?? '';
  if (field === 'metadata.namespace' && resource.declaration.scope === 'Namespaced') {
    return (object) => object.metadata.namespace ?? '';
  }
  const own = resource.strategy.selectableFields?.[field];
  if (own !== undefined) return own;
  const column = servedVersion(resource, version).selectableFields.get(field);
  if (column === undefined) throw badRequest(`field label not supported: ${field}`);
  if (resource.trivialConversion) return (object) => selectableText(column(object));
  return (object) => selectableText(column(inVersion(resource, object, version)));
}

function selectableText(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}
