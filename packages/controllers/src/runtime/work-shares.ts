import { createHash } from 'node:crypto';
import {
  type ChangeHub,
  type Clock,
  type Compare,
  isStorageError,
  type KeyValue,
  type LeaseId,
  type Revision,
  type ScheduledCall,
  type Storage,
  type StorageKey,
  type Subscription,
} from '@canopy/storage';
import type { ControllerLogger } from './controller.ts';

/** What proves that a piece of work is this replica's. */
export interface Hold {
  /** Add it to a transaction that must not be applied when the work has gone to somebody else. */
  fence: Compare;
  /** False once the lease may have ended, as far as this replica can tell by its own clock. */
  active(): boolean;
}

export interface HeldWork {
  /** `handed-over`: remember where it stands, another replica continues. `lost`: it is somebody else's already. */
  stop(why: 'handed-over' | 'lost'): Promise<void>;
}

export interface WorkSharesOptions {
  storage: Storage;
  hub: ChangeHub;
  clock: Clock;
  logger: ControllerLogger;
  /** Of this process, unique among all that ever run. */
  replica: string;
  /** What there is to be divided; the same on all replicas. */
  units: readonly string[];
  /** Called when the unit has become this replica's. */
  begin(unit: string, hold: Hold): Promise<HeldWork>;
  /** After so many seconds without a renewal the work goes to others. Default 6. */
  ttlSeconds?: number;
  /** Between renewals. Default 2 s. */
  renewMs?: number;
}

interface Membership {
  lease: LeaseId;
  /** By this replica's clock; reckoned from when the last renewal was sent, so it is over here before it is in the store. */
  validUntil: number;
  renewing: boolean;
}

interface Held {
  revision: Revision;
  work: HeldWork;
}

export const sharesPrefix = '/w/shares/';
const membersPrefix = `${sharesPrefix}member/`;
const holdersPrefix = `${sharesPrefix}holder/`;
const defaultTtlSeconds = 6;
const defaultRenewMs = 2000;
const encoder = new TextEncoder();

/**
 * Divides units of work over the replicas that live. Each replica has one lease; its presence and each unit it holds are
 * keys on that lease, so they disappear with it. A unit without a holder is taken by compare-and-swap on its key, and the
 * revision of that key is the fence. Nobody holds more than the ceiling of units by replicas: who has more after another
 * one has come hands the rest over, and who has less takes what is free.
 */
export class WorkShares {
  private readonly options: WorkSharesOptions;
  private readonly held = new Map<string, Held>();
  private membership: Membership | undefined;
  private subscription: Subscription | undefined;
  private timer: ScheduledCall | undefined;
  private balancing: Promise<void> | undefined;
  private wanted = false;
  private stopping = false;

  constructor(options: WorkSharesOptions) {
    this.options = options;
  }

  /** Units that this replica holds now. */
  get units(): string[] {
    return [...this.held.keys()];
  }

  /** Joins and takes what is free. Rejects when the store cannot be written. */
  async start(): Promise<void> {
    const { hub } = this.options;
    this.subscription = hub.watch({
      prefix: sharesPrefix,
      after: hub.revision,
      onChanges: () => this.rebalance(),
      onEnd: (error) => this.deaf(error),
    });
    await this.join();
    this.scheduleTick();
    this.rebalance();
    await this.balanced();
  }

  /** Without the change log no work would ever be found: others are better off with it. */
  private deaf(error: Error): void {
    if (this.stopping) return;
    this.options.logger.error({ error }, 'the change log has ended, the work of this replica goes to others');
    void this.stop();
  }

  /** Hands everything over at once. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.timer?.cancel();
    this.subscription?.close();
    await this.balancing;
    const works = [...this.held.values()];
    this.held.clear();
    await Promise.all(works.map(({ work }) => work.stop('handed-over')));
    const { membership } = this;
    this.membership = undefined;
    if (membership === undefined) return;
    await this.options.storage.revokeLease(membership.lease).catch((error: unknown) => {
      this.options.logger.debug({ error }, 'the lease of this replica could not be given back; it will expire');
    });
  }

  /** Resolves when the balancing under way has ended. */
  async balanced(): Promise<void> {
    while (this.balancing !== undefined) await this.balancing;
  }

  private async join(): Promise<void> {
    const { storage, clock, replica } = this.options;
    const sent = clock.now();
    const lease = await storage.grantLease(this.ttlMs / 1000);
    const key = `${membersPrefix}${replica}` as StorageKey;
    await storage.transact({
      compares: [],
      operations: [{ type: 'put', key, value: encoder.encode('{}'), lease }],
    });
    this.membership = { lease, validUntil: sent + this.ttlMs, renewing: false };
  }

  private get ttlMs(): number {
    return (this.options.ttlSeconds ?? defaultTtlSeconds) * 1000;
  }

  private scheduleTick(): void {
    if (this.stopping) return;
    const { clock, renewMs } = this.options;
    this.timer = clock.schedule(renewMs ?? defaultRenewMs, () => {
      this.tick();
      this.scheduleTick();
    });
  }

  private tick(): void {
    const { membership } = this;
    if (membership === undefined || this.options.clock.now() >= membership.validUntil) this.rebalance();
    else {
      if (!membership.renewing) void this.renew(membership);
      if (this.wanted) this.rebalance();
    }
  }

  private async renew(membership: Membership): Promise<void> {
    const { storage, clock, logger } = this.options;
    const sent = clock.now();
    membership.renewing = true;
    try {
      await storage.keepLeaseAlive(membership.lease);
      membership.validUntil = sent + this.ttlMs;
    } catch (error) {
      if (isStorageError(error, 'LeaseNotFound')) membership.validUntil = 0;
      if (!this.stopping) logger.warn({ error }, 'the lease of this replica could not be renewed');
      if (membership.validUntil === 0) this.rebalance();
    } finally {
      membership.renewing = false;
    }
  }

  private rebalance(): void {
    this.wanted = true;
    if (this.balancing !== undefined || this.stopping) return;
    this.balancing = this.balance().finally(() => {
      this.balancing = undefined;
    });
  }

  /** One at a time; what happens meanwhile is looked at afterwards. A failure is tried again at the next tick. */
  private async balance(): Promise<void> {
    try {
      while (this.wanted && !this.stopping) {
        this.wanted = false;
        await this.keepMembership();
        await this.divide();
      }
    } catch (error) {
      this.wanted = true;
      if (isStorageError(error, 'LeaseNotFound') && this.membership !== undefined) this.membership.validUntil = 0;
      if (!this.stopping && !isStorageError(error, 'Closed'))
        this.options.logger.warn({ error }, 'the work could not be divided, will try again');
    }
  }

  private async keepMembership(): Promise<void> {
    const { membership } = this;
    if (membership !== undefined && this.options.clock.now() < membership.validUntil) return;
    this.membership = undefined;
    if (this.held.size > 0)
      this.options.logger.warn({ units: this.units }, 'the lease of this replica has ended, its work goes to others');
    await Promise.all([...this.held.keys()].map((unit) => this.drop(unit)));
    await this.join();
  }

  private async drop(unit: string): Promise<void> {
    const held = this.held.get(unit);
    this.held.delete(unit);
    await held?.work.stop('lost');
  }

  private async divide(): Promise<void> {
    const { storage, units, replica } = this.options;
    const members = await storage.range(membersPrefix);
    const holders = new Map<string, KeyValue>();
    for (const kv of (await storage.range(holdersPrefix)).items) holders.set(kv.key.slice(holdersPrefix.length), kv);
    for (const [unit, { revision }] of [...this.held])
      if (holders.get(unit)?.modRevision !== revision) await this.drop(unit);
    for (const [unit, kv] of holders) {
      if (this.held.has(unit) || replicaOf(kv) !== replica) continue;
      await this.letGo(unit, kv.modRevision);
      holders.delete(unit);
    }
    const share = Math.ceil(units.length / Math.max(members.items.length, 1));
    const preferred = [...units].sort((a, b) => compareText(rank(replica, a), rank(replica, b)));
    for (const unit of preferred.toReversed()) {
      if (this.held.size <= share || this.stopping) break;
      await this.handOver(unit);
    }
    for (const unit of preferred) {
      if (this.held.size >= share || this.stopping) break;
      if (!holders.has(unit)) await this.take(unit);
    }
  }

  private async handOver(unit: string): Promise<void> {
    const held = this.held.get(unit);
    if (held === undefined) return;
    await held.work.stop('handed-over');
    this.held.delete(unit);
    await this.letGo(unit, held.revision);
  }

  private async letGo(unit: string, modRevision: Revision): Promise<void> {
    const key = holderKey(unit);
    await this.options.storage.transact({
      compares: [{ key, modRevision }],
      operations: [{ type: 'delete', key }],
    });
  }

  private async take(unit: string): Promise<void> {
    const { storage, clock, replica, begin } = this.options;
    const { membership } = this;
    if (membership === undefined) return;
    const key = holderKey(unit);
    const result = await storage.transact({
      compares: [{ key, modRevision: 0 }],
      operations: [{ type: 'put', key, value: encoder.encode(JSON.stringify({ replica })), lease: membership.lease }],
    });
    if (!result.succeeded) return;
    const revision = result.revisions[0] as Revision;
    const work = await begin(unit, {
      fence: { key, modRevision: revision },
      active: () => this.membership === membership && clock.now() < membership.validUntil,
    });
    this.held.set(unit, { revision, work });
  }
}

/** A holder's key without work here is left from a write whose answer was lost, or from a start that failed. */
function replicaOf(kv: KeyValue): string | undefined {
  return (JSON.parse(new TextDecoder().decode(kv.value)) as { replica?: string }).replica;
}

function holderKey(unit: string): StorageKey {
  return `${holdersPrefix}${unit}` as StorageKey;
}

/** Different replicas prefer different units, so that they seldom reach for the same one. */
function rank(replica: string, unit: string): string {
  return createHash('sha256').update(`${replica}\n${unit}`).digest('hex');
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
