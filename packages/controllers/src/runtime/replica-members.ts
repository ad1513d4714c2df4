import {
  type Change,
  type Clock,
  isStorageError,
  type KeyValue,
  type LeaseId,
  type Revision,
  type ScheduledCall,
  type Storage,
  type StorageKey,
} from '@canopy/storage';
import type { ControllerLogger } from './controller.ts';

export interface ReplicaMembersOptions {
  storage: Storage;
  /** Should not jump. */
  clock: Clock;
  logger: ControllerLogger;
  /** Of this process, unique among all that ever run. */
  replica: string;
  /** Milliseconds without a sign of life after which a replica counts as gone. Default 5000. */
  silentMs?: number;
  /** Milliseconds between two signs of life. Default 1250. */
  beatMs?: number;
  /** Somebody has come or gone, or must be looked at: the work is to be divided anew. */
  onChange(): void;
}

/** A stay of this replica among the members: from its key's creation until somebody removed it. */
interface Stay {
  lease: LeaseId;
  leaseRenewed: number;
  /** Of its key. */
  revision: Revision;
  /** Nobody removes it earlier. Reckoned from when the last sign of life was sent; the others reckon from when they saw it. */
  validUntil: number;
  /** Since then without interruption `validUntil` has been in the future. */
  steadySince: number;
}

interface Heard {
  revision: Revision;
  at: number;
}

export const sharesPrefix = '/w/shares/';
const membersPrefix = `${sharesPrefix}member/`;
const defaultSilentMs = 5000;
const defaultBeatMs = 1250;
/** Only removes what is left when the last replica has crashed; several times as long as the others are patient. */
const leaseSeconds = 30;
const leaseRenewMs = 10_000;
const sign = new TextEncoder().encode('{}');

/**
 * Who among the replicas lives. Each puts its key anew at each beat, by compare-and-swap on what it put last; all see that
 * in the change log. A replica whose key has not changed for `silentMs`, by the clock of another one that was in touch
 * with the store all that time, is removed by that one: again by compare-and-swap on the last sign of life, so who has
 * given another one meanwhile stays. Who is removed finds out at its next beat; before, it has stopped by its own clock.
 *
 * The store's own leases would do it as well, but etcd lets all leases begin anew with each election of a leader, so on
 * them alone there is no bound on how long the dead hold their work.
 */
export class ReplicaMembers {
  private readonly options: ReplicaMembersOptions;
  private readonly key: StorageKey;
  private readonly heard = new Map<string, Heard>();
  private present: Stay | undefined;
  private nextBeat: ScheduledCall | undefined;
  private nextLook: ScheduledCall | undefined;
  private failing = false;
  private left = false;

  constructor(options: ReplicaMembersOptions) {
    this.options = options;
    this.key = `${membersPrefix}${options.replica}` as StorageKey;
  }

  /** What the stay's keys lie on; undefined when this replica is no member. */
  get lease(): LeaseId | undefined {
    return this.present?.lease;
  }

  /** Whether this replica is a member and nobody can have removed it. */
  get active(): boolean {
    return this.present !== undefined && this.steady(this.present);
  }

  /** A function that tells whether this stay goes on and nobody can have removed it. */
  witness(): () => boolean {
    const { present } = this;
    return () => present !== undefined && this.present === present && this.steady(present);
  }

  /** Becomes a member, if it is none. */
  async join(): Promise<void> {
    if (this.present !== undefined) return;
    const { storage, clock } = this.options;
    const lease = await storage.grantLease(leaseSeconds);
    const sent = clock.now();
    const put = { type: 'put', key: this.key, value: sign, lease } as const;
    const result = await storage.transact({ compares: [], operations: [put] });
    if (!result.succeeded) return;
    const revision = result.revisions[0] as Revision;
    this.present = { lease, leaseRenewed: sent, revision, validUntil: sent + this.silentMs, steadySince: sent };
    this.scheduleBeat(this.present, sent);
  }

  /** Its keys disappear, and others see it at once. Rejects with the store's errors; then they disappear by themselves. */
  async leave(): Promise<void> {
    this.left = true;
    this.nextBeat?.cancel();
    this.nextLook?.cancel();
    const { present } = this;
    this.present = undefined;
    if (present !== undefined) await this.options.storage.revokeLease(present.lease);
  }

  /** To be told of all changes of members' keys. */
  receive(changes: readonly Change[]): void {
    let others = false;
    for (const { type, key, revision, previousRevision } of changes) {
      if (!key.startsWith(membersPrefix) || key === this.key) continue;
      const replica = key.slice(membersPrefix.length);
      if (type === 'put') this.hear(replica, revision);
      else this.heard.delete(replica);
      others ||= type === 'delete' || previousRevision === 0;
    }
    if (others) this.options.onChange();
  }

  /** Who lives, given all keys below {@link sharesPrefix}; who is silent is removed. */
  async living(keys: readonly KeyValue[]): Promise<Set<string>> {
    const { present } = this;
    const members = new Set<string>();
    for (const { key, modRevision } of keys) {
      if (!key.startsWith(membersPrefix)) continue;
      const replica = key.slice(membersPrefix.length);
      members.add(replica);
      if (key !== this.key && (this.heard.get(replica)?.revision ?? 0) < modRevision) this.hear(replica, modRevision);
    }
    for (const replica of this.heard.keys()) if (!members.has(replica)) this.heard.delete(replica);
    for (const replica of await this.removeSilent()) members.delete(replica);
    this.scheduleLook();
    if (!members.has(this.options.replica) && present !== undefined) this.removed(present);
    return members;
  }

  private get silentMs(): number {
    return this.options.silentMs ?? defaultSilentMs;
  }

  private get beatMs(): number {
    return this.options.beatMs ?? defaultBeatMs;
  }

  private steady({ validUntil }: Stay): boolean {
    return this.options.clock.now() < validUntil;
  }

  private hear(replica: string, revision: Revision): void {
    this.heard.set(replica, { revision, at: this.options.clock.now() });
    this.scheduleLook();
  }

  /** Beats do not overlap; one that took long is followed by the next soon. */
  private scheduleBeat(stay: Stay, lastSent: number): void {
    if (this.left || this.present !== stay) return;
    const { clock } = this.options;
    const delay = Math.max(lastSent + this.beatMs - clock.now(), this.beatMs / 10);
    this.nextBeat = clock.schedule(delay, () => void this.beat(stay));
  }

  private async beat(stay: Stay): Promise<void> {
    const { clock, logger } = this.options;
    const sent = clock.now();
    this.renewLease(stay);
    try {
      await this.giveSign(stay, sent);
      if (this.failing) logger.info({}, 'this replica reaches the store again');
      this.failing = false;
    } catch (error) {
      if (isStorageError(error, 'LeaseNotFound')) this.removed(stay);
      else if (!this.failing && !this.left) logger.warn({ error }, 'this replica can give no sign of life');
      this.failing = true;
    }
    this.scheduleBeat(stay, sent);
  }

  private async giveSign(stay: Stay, sent: number): Promise<void> {
    const { storage, clock } = this.options;
    const result = await storage.transact({
      compares: [{ key: this.key, modRevision: stay.revision }],
      operations: [{ type: 'put', key: this.key, value: sign, lease: stay.lease }],
    });
    if (result.succeeded) {
      stay.revision = result.revisions[0] as Revision;
      if (!this.steady(stay)) stay.steadySince = clock.now();
      stay.validUntil = sent + this.silentMs;
    } else if (result.current === undefined) this.removed(stay);
    else {
      // An earlier sign was written, though its answer was lost.
      stay.revision = result.current.modRevision;
      await this.giveSign(stay, sent);
    }
  }

  private removed(stay: Stay): void {
    if (this.present !== stay) return;
    this.present = undefined;
    this.options.storage.revokeLease(stay.lease).catch(() => undefined);
    this.options.onChange();
  }

  private renewLease(stay: Stay): void {
    const now = this.options.clock.now();
    if (now - stay.leaseRenewed < leaseRenewMs) return;
    const before = stay.leaseRenewed;
    stay.leaseRenewed = now;
    this.options.storage.keepLeaseAlive(stay.lease).catch(() => {
      stay.leaseRenewed = before;
    });
  }

  /** When the next one of the others will have been silent for too long; undefined when there is none. */
  private due(): number | undefined {
    const { present } = this;
    if (present === undefined || this.heard.size === 0) return undefined;
    const times = [...this.heard.values()].map(({ at }) => Math.max(at, present.steadySince));
    return Math.min(...times) + this.silentMs;
  }

  private scheduleLook(): void {
    if (this.nextLook !== undefined || this.left) return;
    const due = this.due();
    if (due === undefined) return;
    const { clock, onChange } = this.options;
    this.nextLook = clock.schedule(Math.max(due - clock.now(), this.beatMs / 10), () => {
      this.nextLook = undefined;
      if (this.silent().length > 0) onChange();
      this.scheduleLook();
    });
  }

  private silent(): [string, Heard][] {
    const { present } = this;
    const now = this.options.clock.now();
    if (present === undefined || !this.steady(present)) return [];
    return [...this.heard].filter(([, { at }]) => now >= Math.max(at, present.steadySince) + this.silentMs);
  }

  private async removeSilent(): Promise<string[]> {
    const { storage, logger } = this.options;
    const gone: string[] = [];
    const removals = this.silent().map(async ([replica, { revision }]) => {
      const key = `${membersPrefix}${replica}` as StorageKey;
      const result = await storage.transact({
        compares: [{ key, modRevision: revision }],
        operations: [{ type: 'delete', key }],
      });
      if (!result.succeeded && result.current !== undefined) return this.hear(replica, result.current.modRevision);
      this.heard.delete(replica);
      gone.push(replica);
      if (result.succeeded) logger.info({ replica }, 'a replica gives no sign of life, its work goes to others');
    });
    await Promise.all(removals);
    return gone;
  }
}
