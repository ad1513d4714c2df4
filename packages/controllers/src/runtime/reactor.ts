import {
  type Change,
  type ChangeHub,
  type Clock,
  isStorageError,
  type Revision,
  type ScheduledCall,
  type Storage,
  type Subscription,
} from '@canopy/storage';
import type { BackgroundTurns } from './background-turns.ts';
import { checkpointOf, checkpointPrefix, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { AddKey, Controller, ControllerLogger } from './controller.ts';
import { withoutEndedClusters } from './ended-clusters.ts';
import { sharesPrefix } from './replica-members.ts';
import { WorkQueue } from './work-queue.ts';
import type { Hold } from './work-shares.ts';

export interface ReactorOptions {
  /** Of the checkpoint: `/w/checkpoint/<name>`. */
  name: string;
  storage: Storage;
  hub: ChangeHub;
  clock: Clock;
  turns: BackgroundTurns;
  logger: ControllerLogger;
  controllers: readonly Controller[];
  /** Between two checkpoints. Default 3 s. */
  checkpointMs?: number;
  /** Where replicas divide the controllers: work is only done, and the checkpoint only written, while the hold lasts. */
  hold?: Hold;
}

interface Running {
  controller: Controller;
  queue: WorkQueue;
  /** Everything up to the position was seen: by the log, or by a scan that is complete. */
  complete: boolean;
}

const defaultConcurrency = 8;
const defaultCheckpointMs = 3000;
/** A scan waits while so many keys are in line. */
const scanRoom = 1000;
const followAgainMs = 1000;
/** A checkpoint is renewed after so many changes that concern nobody, lest the log is compacted beyond it. */
const unconcerning = 500;

/**
 * Runs a set of controllers over one reading of the change log. It starts where the last run's checkpoint stands, so a
 * start costs as much as there is to do; without one, or when the log is compacted beyond it, every controller scans.
 * What it holds in memory is the work that is left.
 */
export class Reactor {
  private readonly options: ReactorOptions;
  private readonly running: Running[];
  private readonly byResource = new Map<string, Running[]>();
  private readonly byPrefix: { prefix: string; running: Running }[] = [];
  private readonly forAll: Running[] = [];
  private readonly background = new Set<Promise<void>>();
  private subscription: Subscription | undefined;
  private timer: ScheduledCall | undefined;
  private position = 0 as Revision;
  private dirty = false;
  private unconcerned = 0;
  private stopping = false;

  constructor(options: ReactorOptions) {
    this.options = options;
    this.running = options.controllers.map((controller) => this.prepare(controller));
  }

  private prepare(controller: Controller): Running {
    const queue = new WorkQueue({
      clock: this.options.clock,
      concurrency: controller.concurrency ?? defaultConcurrency,
      turn: (begin) => this.options.turns.enter(begin),
      handle: async (key) =>
        this.options.hold?.active() === false
          ? followAgainMs
          : controller.reconcile(
              key,
              this.adderFor(queue, () => queue.revisionOf(key) ?? 0),
            ),
      failed: (key, error, retryMs) =>
        this.options.logger.warn(
          { controller: controller.name, key, error, retryMs },
          'could not reconcile, will try again',
        ),
    });
    const running: Running = { controller, queue, complete: false };
    for (const watched of controller.watches) {
      if (watched === '*') this.forAll.push(running);
      else if (watched.startsWith('/')) this.byPrefix.push({ prefix: watched, running });
      else this.byResource.set(watched, [...(this.byResource.get(watched) ?? []), running]);
    }
    return running;
  }

  private adderFor(queue: WorkQueue, revision: () => number): AddKey {
    return (key, delayMs) => {
      this.dirty = true;
      queue.add(key, revision(), delayMs);
    };
  }

  async start(): Promise<void> {
    const { storage, name } = this.options;
    const checkpoint = await readCheckpoint(storage, name);
    const known = new Set(checkpoint?.known);
    this.position = checkpoint?.revision ?? (await storage.currentRevision());
    this.follow();
    for (const running of this.running) {
      running.complete = known.has(running.controller.name);
      for (const key of checkpoint?.pending[running.controller.name] ?? []) running.queue.add(key, 0);
      this.inBackground(this.list(running));
    }
    this.scheduleCheckpoint();
  }

  /** Stops taking work, waits for what is being done, and remembers the rest, unless it is somebody else's already. */
  async stop(why: 'handed-over' | 'lost' = 'handed-over'): Promise<void> {
    this.stopping = true;
    this.subscription?.close();
    this.timer?.cancel();
    await Promise.all(this.running.map(({ queue }) => queue.stop()));
    await Promise.all(this.background);
    if (why === 'handed-over') await this.writeCheckpoint();
  }

  /** Resolves when nothing is in line and everything written so far was seen. For tests and for orderly hand-over. */
  async settled(): Promise<void> {
    const { storage, hub } = this.options;
    for (;;) {
      const revision = await storage.currentRevision();
      await hub.waitFor(revision);
      await Promise.all(this.background);
      while (this.position < revision && !this.stopping) await new Promise((resolve) => setImmediate(resolve));
      if (this.running.every(({ queue }) => queue.busy === 0)) return;
      await Promise.all(this.running.map(({ queue }) => queue.room(1)));
    }
  }

  private follow(): void {
    this.subscription = this.options.hub.watch({
      prefix: '',
      after: this.position,
      onChanges: (changes) => this.receive(changes),
      onEnd: (error) => this.followEnded(error),
    });
  }

  private followEnded(error: Error): void {
    if (this.stopping || isStorageError(error, 'Closed')) return;
    const { logger, clock, storage } = this.options;
    logger.warn({ error }, 'the change log could not be followed');
    if (isStorageError(error, 'RevisionCompacted') || isStorageError(error, 'RevisionInFuture')) {
      this.inBackground(
        storage.currentRevision().then((revision) => {
          this.position = revision;
          for (const running of this.running) running.complete = false;
          this.follow();
          for (const running of this.running) this.inBackground(this.list(running));
        }),
      );
      return;
    }
    clock.schedule(followAgainMs, () => {
      if (!this.stopping) this.follow();
    });
  }

  private receive(changes: readonly Change[]): void {
    for (const change of withoutEndedClusters(changes)) {
      if (change.key.startsWith('/r/')) {
        const concerned = this.byResource.get(resourceOf(change.key));
        if (concerned !== undefined) for (const running of concerned) this.tell(running, change);
        for (const running of this.forAll) this.tell(running, change);
        this.dirty = true;
      } else if (change.key.startsWith(checkpointPrefix) || change.key.startsWith(sharesPrefix)) {
        this.unconcerned += 1;
      } else {
        for (const { prefix, running } of this.byPrefix) if (change.key.startsWith(prefix)) this.tell(running, change);
        this.dirty = true;
      }
    }
    this.position = changes[changes.length - 1]?.revision ?? this.position;
  }

  private tell({ controller, queue }: Running, change: Change): void {
    try {
      controller.keysOf(change, (key, delayMs) => queue.add(key, change.revision, delayMs));
    } catch (error) {
      this.options.logger.error({ controller: controller.name, key: change.key, error }, 'could not read a change');
    }
  }

  private async list(running: Running): Promise<void> {
    const { controller, queue } = running;
    const sink = async (key: string): Promise<void> => {
      await queue.room(scanRoom);
      if (this.stopping) throw new ListingStopped();
      queue.add(key, 0);
    };
    for (;;) {
      try {
        await controller.pending?.(sink);
        if (!running.complete) await controller.scan?.(sink);
        running.complete = true;
        this.dirty = true;
        return;
      } catch (error) {
        if (this.stopping) return;
        this.options.logger.error(
          { controller: controller.name, error },
          'could not list the work that is left, will try again',
        );
        await new Promise<void>((resolve) => this.options.clock.schedule(followAgainMs, resolve));
      }
    }
  }

  private inBackground(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.options.logger.error({ error }, 'background work failed'))
      .finally(() => this.background.delete(tracked));
    this.background.add(tracked);
  }

  private scheduleCheckpoint(): void {
    if (this.stopping) return;
    const { clock, checkpointMs } = this.options;
    this.timer = clock.schedule(checkpointMs ?? defaultCheckpointMs, () => {
      void this.writeCheckpoint().finally(() => this.scheduleCheckpoint());
    });
  }

  /** An idle store is left alone: nothing is written when nothing has changed since the last time. */
  private async writeCheckpoint(): Promise<void> {
    if (!this.dirty && this.unconcerned < unconcerning) return;
    this.dirty = false;
    this.unconcerned = 0;
    const { storage, name, logger, hold } = this.options;
    const left = this.running
      .filter(({ complete }) => complete)
      .map(({ controller, queue }) => ({ name: controller.name, pending: queue.pending() }));
    try {
      const fence = hold === undefined ? [] : [hold.fence];
      const written = await writeCheckpoint(storage, name, checkpointOf(this.position, left), fence);
      if (!written) logger.warn({ name }, 'the checkpoint was not written: another replica has taken over');
    } catch (error) {
      this.dirty = true;
      if (!isStorageError(error, 'Closed')) logger.warn({ error }, 'could not write the checkpoint');
    }
  }
}

class ListingStopped extends Error {}

/** `<group or core>/<resource>` of an object's key, without the identity. */
function resourceOf(key: string): string {
  const end = key.indexOf('/', key.indexOf('/', 3) + 1);
  const text = key.slice(3, end);
  const colon = text.indexOf(':');
  return colon === -1 ? text : text.slice(0, colon);
}
