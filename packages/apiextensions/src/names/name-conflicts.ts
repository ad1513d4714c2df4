import { deepEqual } from '@canopy/apimachinery';
import type { CrdNames } from '../definition/crd-object.ts';

/** Names that are taken in a group: by definitions and by bound APIs. */
export interface TakenNames {
  /** Plurals, singulars and short names share one space. */
  resources: ReadonlySet<string>;
  /** So do kinds and list kinds. */
  kinds: ReadonlySet<string>;
}

export function takenNames(all: Iterable<CrdNames | undefined>): TakenNames {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const names of all) {
    if (names === undefined) continue;
    for (const name of [names.plural, names.singular, ...(names.shortNames ?? [])]) if (name) resources.add(name);
    for (const name of [names.kind, names.listKind]) if (name) kinds.add(name);
  }
  return { resources, kinds };
}

export type NameConflictReason =
  | 'PluralConflict'
  | 'SingularConflict'
  | 'ShortNamesConflict'
  | 'KindConflict'
  | 'ListKindConflict';

export interface NameDecision {
  /** The best match possible: what was asked for where it is free, else what was accepted before. */
  accepted: CrdNames;
  /** The last conflict found; undefined when all names are accepted. */
  conflict: { reason: NameConflictReason; message: string } | undefined;
}

const none: CrdNames = { plural: '', kind: '' };

/** Decides which of the names that a definition asks for it gets. `taken` are those of all others in its group. */
export function decideNames(wanted: CrdNames, before: CrdNames | undefined, taken: TakenNames): NameDecision {
  const old = before ?? none;
  const accepted: CrdNames = { ...old };
  let conflict: NameDecision['conflict'];
  const decide = (
    field: 'plural' | 'singular' | 'kind' | 'listKind',
    used: ReadonlySet<string>,
    reason: NameConflictReason,
  ): void => {
    const name = wanted[field] ?? '';
    if (name !== (old[field] ?? '') && used.has(name))
      conflict = { reason, message: `${JSON.stringify(name)} is already in use` };
    else if (name !== '') accepted[field] = name;
  };
  decide('plural', taken.resources, 'PluralConflict');
  decide('singular', taken.resources, 'SingularConflict');
  const shortNames = conflictingShortNames(wanted, old, taken.resources);
  if (shortNames.length > 0) conflict = { reason: 'ShortNamesConflict', message: aggregate(shortNames) };
  else setList(accepted, 'shortNames', wanted.shortNames);
  decide('kind', taken.kinds, 'KindConflict');
  decide('listKind', taken.kinds, 'ListKindConflict');
  setList(accepted, 'categories', wanted.categories);
  return { accepted, conflict };
}

function conflictingShortNames(wanted: CrdNames, old: CrdNames, used: ReadonlySet<string>): string[] {
  if (deepEqual(wanted.shortNames, old.shortNames)) return [];
  return (wanted.shortNames ?? []).filter((name) => used.has(name) && old.shortNames?.includes(name) !== true);
}

function aggregate(names: readonly string[]): string {
  const texts = names.map((name) => `${JSON.stringify(name)} is already in use`);
  return texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`;
}

function setList(names: CrdNames, field: 'shortNames' | 'categories', list: string[] | undefined): void {
  if (list === undefined || list.length === 0) delete names[field];
  else names[field] = list;
}
