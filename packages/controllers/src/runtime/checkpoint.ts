import type { Compare, Revision, Storage, StorageKey } from '@canopy/storage';

/** Where a set of controllers stands in the change log, as the store remembers it. */
export interface Checkpoint {
  /** What changes up to here caused is done, or listed under `pending`. */
  revision: Revision;
  /** Controllers that have seen everything up to `revision`; any other one scans. */
  known: string[];
  /** Keys with work left, by controller. */
  pending: Record<string, string[]>;
}

export const checkpointPrefix = '/w/checkpoint/';

export function checkpointKey(name: string): StorageKey {
  return `${checkpointPrefix}${name}` as StorageKey;
}

/** Undefined when there is none, or none that can be read. */
export async function readCheckpoint(storage: Storage, name: string): Promise<Checkpoint | undefined> {
  const kv = await storage.get(checkpointKey(name));
  if (kv === undefined) return undefined;
  try {
    const value = JSON.parse(new TextDecoder().decode(kv.value)) as Partial<Checkpoint>;
    if (!Number.isSafeInteger(value.revision)) return undefined;
    return { revision: value.revision as Revision, known: value.known ?? [], pending: value.pending ?? {} };
  } catch {
    return undefined;
  }
}

/** False when the fence does not hold: the work belongs to somebody else, and nothing was written. */
export async function writeCheckpoint(
  storage: Storage,
  name: string,
  checkpoint: Checkpoint,
  fence: readonly Compare[],
): Promise<boolean> {
  const value = new TextEncoder().encode(JSON.stringify(checkpoint));
  const operation = { type: 'put', key: checkpointKey(name), value } as const;
  return (await storage.transact({ compares: fence, operations: [operation] })).succeeded;
}

/** Work that is left of one controller: key → revision of the change it came from, 0 when none tells of it. */
export interface LeftWork {
  name: string;
  pending: ReadonlyMap<string, { revision: number }>;
}

/** More keys than this are not listed: the log is read again from the oldest of them. */
export const listedKeys = 1000;

/**
 * The checkpoint at a position of the log. Too much work to be listed is found again by starting from before the change
 * that caused the oldest of it; what no change tells of is found again by a scan.
 */
export function checkpointOf(position: Revision, controllers: readonly LeftWork[]): Checkpoint {
  const count = controllers.reduce((sum, { pending }) => sum + pending.size, 0);
  if (count <= listedKeys) {
    const left = controllers.filter(({ pending }) => pending.size > 0);
    return {
      revision: position,
      known: controllers.map(({ name }) => name),
      pending: Object.fromEntries(left.map(({ name, pending }) => [name, [...pending.keys()]])),
    };
  }
  let oldest: number = position + 1;
  const known: string[] = [];
  for (const { name, pending } of controllers) {
    let least = Number.POSITIVE_INFINITY;
    for (const { revision } of pending.values()) if (revision < least) least = revision;
    if (least <= 0) continue;
    known.push(name);
    oldest = Math.min(oldest, least);
  }
  return { revision: (oldest - 1) as Revision, known, pending: {} };
}
