import type { Clock, ScheduledCall } from '../../clock.ts';
import type { LeaseId } from '../../storage.ts';
import { StorageError } from '../../storage-error.ts';

interface Lease {
  ttlMs: number;
  expiresAt: number;
  keys: Set<string>;
}

/** Leases and the keys that hang on them; wakes once for the earliest expiry. */
export class MemoryLeases {
  readonly #clock: Clock;
  readonly #onExpired: (keys: string[]) => void;
  readonly #leases = new Map<LeaseId, Lease>();
  #lastId = 0;
  #wake: ScheduledCall | undefined;

  constructor(clock: Clock, onExpired: (keys: string[]) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  grant(ttlMs: number): LeaseId {
    const id = ++this.#lastId;
    this.#leases.set(id, { ttlMs, expiresAt: this.#clock.now() + ttlMs, keys: new Set() });
    this.#reschedule();
    return id;
  }

  keepAlive(id: LeaseId): void {
    const lease = this.#require(id);
    lease.expiresAt = this.#clock.now() + lease.ttlMs;
    this.#reschedule();
  }

  /** Forgets the lease; returns its keys, which the caller deletes. */
  revoke(id: LeaseId): string[] {
    const lease = this.#require(id);
    this.#leases.delete(id);
    this.#reschedule();
    return [...lease.keys];
  }

  /** Throws `LeaseNotFound`. */
  check(id: LeaseId): void {
    this.#require(id);
  }

  move(key: string, before: LeaseId | undefined, after: LeaseId | undefined): void {
    if (before === after) return;
    if (before !== undefined) this.#leases.get(before)?.keys.delete(key);
    if (after !== undefined) this.#leases.get(after)?.keys.add(key);
  }

  close(): void {
    this.#wake?.cancel();
    this.#wake = undefined;
  }

  #require(id: LeaseId): Lease {
    const lease = this.#leases.get(id);
    if (lease === undefined || lease.expiresAt <= this.#clock.now())
      throw new StorageError('LeaseNotFound', `no lease ${id}`);
    return lease;
  }

  #reschedule(): void {
    this.#wake?.cancel();
    this.#wake = undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (const lease of this.#leases.values()) earliest = Math.min(earliest, lease.expiresAt);
    if (earliest === Number.POSITIVE_INFINITY) return;
    this.#wake = this.#clock.schedule(earliest - this.#clock.now(), () => this.#sweep());
  }

  #sweep(): void {
    const now = this.#clock.now();
    const keys: string[] = [];
    for (const [id, lease] of this.#leases) {
      if (lease.expiresAt > now) continue;
      this.#leases.delete(id);
      keys.push(...lease.keys);
    }
    this.#reschedule();
    if (keys.length > 0) this.#onExpired(keys);
  }
}
