import { type Linked, LinkedList } from './linked-list.ts';

/** Bytes that somebody keeps in memory. */
export interface Holding extends Linked<Holding> {
  bytes: number;
  readonly canGiveWay: boolean;
  /** Lets go of the bytes and tells its peer. */
  giveWay(): void;
}

/** Who lets go when there is too much: what grew the most (bodies that arrive), or what stays the longest (unread answers). */
type FirstToGo = 'largest' | 'oldest';

/** A holding of nothing yet. */
export function newHolding(giveWay: () => void): Holding {
  return { bytes: 0, canGiveWay: true, giveWay, before: undefined, after: undefined };
}

/** A bound on bytes over all requests together. What is added beyond it is made room for, so one peer cannot keep others out. */
export class ByteBudget {
  private readonly limit: number;
  private readonly firstToGo: FirstToGo;
  private readonly holdings = new LinkedList<Holding>();
  private total = 0;

  constructor(limit: number, firstToGo: FirstToGo) {
    this.limit = limit;
    this.firstToGo = firstToGo;
  }

  get used(): number {
    return this.total;
  }

  /** Adds bytes to a holding. False when it had to give way itself; it holds nothing then. */
  grow(holding: Holding, bytes: number): boolean {
    if (!this.holdings.has(holding)) this.holdings.add(holding);
    holding.bytes += bytes;
    this.total += bytes;
    while (this.total > this.limit) {
      const chosen = this.choose() ?? holding;
      this.release(chosen);
      chosen.giveWay();
      if (chosen === holding) return false;
    }
    return true;
  }

  release(holding: Holding): void {
    if (!this.holdings.delete(holding)) return;
    this.total -= holding.bytes;
    holding.bytes = 0;
  }

  private choose(): Holding | undefined {
    let chosen: Holding | undefined;
    for (let holding = this.holdings.first; holding !== undefined; holding = holding.after) {
      if (!holding.canGiveWay) continue;
      if (this.firstToGo === 'oldest') return holding;
      if (chosen === undefined || holding.bytes > chosen.bytes) chosen = holding;
    }
    return chosen;
  }
}
