import {
  type ChangeHub,
  type Compare,
  isStorageError,
  type KeyValue,
  type Revision,
  type ScheduledCall,
  type StorageKey,
  type Subscription,
} from '@canopy/storage';
import { byRank, fairShares } from './fair-shares.ts';
import { ReplicaMembers, type ReplicaMembersOptions, sharesPrefix } from './replica-members.ts';

/** What proves that a piece of work is this replica's. */
export interface Hold {
  /** Add it to a transaction that must not be applied when the work has gone to somebody else. */
  fence: Compare;
  /** False once others may have taken the work, as far as this replica can tell by its own clock. */
  active(): boolean;
}

export interface HeldWork {
  /** `handed-over`: remember where it stands, another replica continues. `lost`: it is somebody else's already. */
  stop(why: 'handed-over' | 'lost'): Promise<void>;
}

export interface WorkSharesOptions extends Omit<ReplicaMembersOptions, 'onChange'> {
  hub: ChangeHub;
  /** What there is to be divided; the same on all replicas. */
  units: readonly string[];
  /** Called when the unit has become this replica's. */
  begin(unit: string, hold: Hold): Promise<HeldWork>;
}

interface Held {
  revision: Revision;
  work: HeldWork;
}

const holdersPrefix = `${sharesPrefix}holder/`;
const againMs = 500;
/** What the others have not taken by then, this replica takes if it has room. */
const othersMs = 1500;
const encoder = new TextEncoder();

/**
 * Divides units of work over the replicas that live. Each unit that is held is a key with the name of its holder, on the
 * holder's lease. A unit that nobody holds, or somebody who is no member any more, is taken by compare-and-swap on that
 * key, and the revision of the key is the fence. Nobody holds more than the ceiling of units by replicas: who has more
 * after another one has come hands the rest over, and who has less takes what is free.
 */
export class WorkShares {
  private readonly options: WorkSharesOptions;
  private readonly held = new Map<string, Held>();
  private readonly members: ReplicaMembers;
  private subscription: Subscription | undefined;
  private retry: ScheduledCall | undefined;
  private balancing: Promise<void> | undefined;
  private wanted = false;
  private impatient = false;
  private stopping = false;

  constructor(options: WorkSharesOptions) {
    this.options = options;
    this.members = new ReplicaMembers({ ...options, onChange: () => this.rebalance() });
  }

  /** Units that are this replica's for sure. */
  get units(): string[] {
    return this.members.active ? [...this.held.keys()] : [];
  }

  /** Joins and takes what is free. Rejects when the store cannot be written. */
  async start(): Promise<void> {
    const { hub } = this.options;
    this.subscription = hub.watch({
      prefix: sharesPrefix,
      after: hub.revision,
      onChanges: (changes) => {
        this.members.receive(changes);
        if (changes.some(({ key }) => key.startsWith(holdersPrefix))) this.rebalance();
      },
      onEnd: (error) => this.deaf(error),
    });
    await this.members.join();
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
    this.retry?.cancel();
    this.subscription?.close();
    await this.balancing;
    const works = [...this.held.values()];
    this.held.clear();
    await Promise.all(works.map(({ work }) => work.stop('handed-over')));
    await this.members.leave().catch((error: unknown) => {
      this.options.logger.debug({ error }, 'the lease of this replica could not be given back; it will expire');
    });
  }

  /** Resolves when the balancing under way has ended. */
  async balanced(): Promise<void> {
    while (this.balancing !== undefined) await this.balancing;
  }

  private rebalance(): void {
    this.wanted = true;
    if (this.balancing !== undefined || this.stopping) return;
    this.balancing = this.balance().finally(() => {
      this.balancing = undefined;
    });
  }

  /** One at a time; what happens meanwhile is looked at afterwards. A failure is tried again soon. */
  private async balance(): Promise<void> {
    try {
      while (this.wanted && !this.stopping) {
        this.wanted = false;
        if (this.members.lease === undefined) await this.joinAgain();
        await this.divide();
      }
    } catch (error) {
      if (this.stopping) return;
      if (!isStorageError(error, 'Closed'))
        this.options.logger.warn({ error }, 'the work could not be divided, will try again');
      this.lookAgain(againMs);
    }
  }

  private lookAgain(ms: number): void {
    this.retry?.cancel();
    this.retry = this.options.clock.schedule(ms, () => {
      this.impatient = true;
      this.rebalance();
    });
  }

  private async joinAgain(): Promise<void> {
    if (this.held.size > 0)
      this.options.logger.warn(
        { units: [...this.held.keys()] },
        'this replica was taken for dead, its work has gone to others',
      );
    await Promise.all([...this.held.keys()].map((unit) => this.drop(unit)));
    await this.members.join();
  }

  private async drop(unit: string): Promise<void> {
    const held = this.held.get(unit);
    this.held.delete(unit);
    await held?.work.stop('lost');
  }

  private async divide(): Promise<void> {
    const { storage, units, replica } = this.options;
    const { items } = await storage.range(sharesPrefix);
    const members = await this.members.living(items);
    if (!members.has(replica)) return this.rebalance();
    const keys = new Map(items.map((kv) => [kv.key.slice(holdersPrefix.length), kv]));
    const holders = new Map(units.map((unit) => [unit, livingHolder(keys.get(unit), members)]));
    const revisionOf = (unit: string): Revision | 0 => keys.get(unit)?.modRevision ?? 0;
    for (const [unit, { revision }] of [...this.held]) if (revisionOf(unit) !== revision) await this.drop(unit);
    // A key of this replica without work here is left from a write whose answer was lost, or from a start that failed.
    for (const unit of units) if (holders.get(unit) === replica && !this.held.has(unit)) holders.set(unit, undefined);
    const share = Math.ceil(units.length / members.size);
    const surplus = byRank(replica, [...this.held.keys()]).slice(share);
    await all(surplus.map((unit) => this.handOver(unit)));
    const { mine, others } = fairShares(holders, members, { replica, share });
    if (this.stopping) return;
    const room = Math.max(0, share - this.held.size);
    const taken = this.impatient ? [...mine, ...others].slice(0, room) : mine;
    await all(taken.map((unit) => this.take(unit, revisionOf(unit))));
    const left = others.filter((unit) => holderOf(keys.get(unit)) === replica && !taken.includes(unit));
    await all(left.map((unit) => this.letGo(unit, revisionOf(unit))));
    this.impatient = false;
    if (others.length > 0) this.lookAgain(othersMs);
  }

  private async handOver(unit: string): Promise<void> {
    const held = this.held.get(unit);
    if (held === undefined) return;
    await held.work.stop('handed-over');
    this.held.delete(unit);
    await this.letGo(unit, held.revision);
  }

  private async letGo(unit: string, modRevision: Revision | 0): Promise<void> {
    const key = holderKey(unit);
    await this.options.storage.transact({
      compares: [{ key, modRevision }],
      operations: [{ type: 'delete', key }],
    });
  }

  /** Does nothing when another one was faster; its key then tells what is left to take. */
  private async take(unit: string, modRevision: Revision | 0): Promise<void> {
    const { storage, replica, begin } = this.options;
    const { lease } = this.members;
    if (lease === undefined) return;
    const active = this.members.witness();
    const key = holderKey(unit);
    const result = await storage.transact({
      compares: [{ key, modRevision }],
      operations: [{ type: 'put', key, value: encoder.encode(JSON.stringify({ replica })), lease }],
    });
    if (!result.succeeded) return;
    const revision = result.revisions[0] as Revision;
    const work = await begin(unit, { fence: { key, modRevision: revision }, active });
    this.held.set(unit, { revision, work });
  }
}

function livingHolder(kv: KeyValue | undefined, members: ReadonlySet<string>): string | undefined {
  const replica = holderOf(kv);
  return replica !== undefined && members.has(replica) ? replica : undefined;
}

function holderOf(kv: KeyValue | undefined): string | undefined {
  if (kv === undefined) return undefined;
  return (JSON.parse(new TextDecoder().decode(kv.value)) as { replica?: string }).replica;
}

/** Waits for all of them, also when one fails. */
async function all(works: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(works)) if (result.status === 'rejected') throw result.reason;
}

function holderKey(unit: string): StorageKey {
  return `${holdersPrefix}${unit}` as StorageKey;
}
