import type { KubeObject } from '@canopy/apimachinery';
import type { ObjectLocation } from '../keys.ts';
import type { IndexEntry } from '../storage.ts';

/** The index rows that an object must have, as far as they follow from the object. */
export interface ExpectedIndexes {
  entries: readonly IndexEntry[];
  /** Whether there may be no others. */
  complete: boolean;
}

/** Undefined for objects of which nothing can be told. */
export type IndexRules = (at: ObjectLocation, object: KubeObject) => ExpectedIndexes | undefined;

/** The rows as the database has them in `cur.indexes`; undefined when the text is none of ours. */
export function parseIndexes(text: string | null): IndexEntry[] | undefined {
  if (text === null) return [];
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(rows)) return undefined;
  const entries: IndexEntry[] = [];
  for (const row of rows as unknown[]) {
    if (!Array.isArray(row) || row.length !== 2 || typeof row[0] !== 'string' || typeof row[1] !== 'string')
      return undefined;
    entries.push({ index: row[0], value: row[1] });
  }
  return entries;
}

/** Rows of `wanted` that are not in `present`. */
export function missingFrom(present: readonly IndexEntry[], wanted: readonly IndexEntry[]): IndexEntry[] {
  const known = new Set(present.map(entryName));
  return wanted.filter((entry) => !known.has(entryName(entry)));
}

export function entryName({ index, value }: IndexEntry): string {
  return `${index}=${value}`;
}
