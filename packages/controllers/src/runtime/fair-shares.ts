import { createHash } from 'node:crypto';

/**
 * Who is to take what nobody holds: for each unit, among the members that have room, the one that prefers it most. All
 * replicas that see the same come to the same result, so they do not reach for the same unit, and each takes all of its
 * units at once.
 *
 * @param holders of each unit the member that holds it; undefined when it is free
 * @returns free units for `replica`, and those for the others
 */
export function fairShares(
  holders: ReadonlyMap<string, string | undefined>,
  members: ReadonlySet<string>,
  { replica, share }: { replica: string; share: number },
): { mine: string[]; others: string[] } {
  const room = new Map([...members].map((member) => [member, share]));
  for (const holder of holders.values()) if (holder !== undefined) room.set(holder, (room.get(holder) ?? 0) - 1);
  const mine: string[] = [];
  const others: string[] = [];
  for (const [unit, holder] of holders) {
    if (holder !== undefined) continue;
    const [taker] = [...room]
      .filter(([, left]) => left > 0)
      .sort(([a], [b]) => compareText(rank(b, unit), rank(a, unit)))
      .map(([member]) => member);
    if (taker === undefined) continue;
    room.set(taker, (room.get(taker) ?? 0) - 1);
    (taker === replica ? mine : others).push(unit);
  }
  return { mine, others };
}

/** What the replica prefers most first. */
export function byRank(replica: string, units: readonly string[]): string[] {
  return units.toSorted((a, b) => compareText(rank(replica, b), rank(replica, a)));
}

function rank(replica: string, unit: string): string {
  return createHash('sha256').update(`${replica}\n${unit}`).digest('hex');
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
