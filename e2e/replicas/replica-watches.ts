import type { WatchTarget } from '../faults/watch-record.ts';
import { WatchRecord } from '../faults/watch-record.ts';
import type { CanopyProcess } from '../harness/canopy-process.ts';
import { eventually } from '../harness/poll.ts';
import type { EtcdView } from './etcd-view.ts';

/** Watches of everything at every replica; those of a killed replica resume at another one where they were. */
export class ReplicaWatches {
  private readonly view: EtcdView;
  private readonly placed: { watch: WatchRecord; at: CanopyProcess }[];

  constructor(view: EtcdView, targets: readonly WatchTarget[], replicas: readonly CanopyProcess[], revision: number) {
    this.view = view;
    this.placed = replicas.flatMap((at) => targets.map((target) => ({ watch: new WatchRecord(target, revision), at })));
  }

  get events(): number {
    return this.placed.reduce((sum, { watch }) => sum + watch.events, 0);
  }

  async open(): Promise<void> {
    await Promise.all(this.placed.map(({ watch, at }) => watch.open(at)));
  }

  /** What the ended watches of a killed replica told wrong; they go on at `to`. */
  async move(from: CanopyProcess, to: CanopyProcess): Promise<string[]> {
    const problems: string[] = [];
    const moved = this.placed.filter(({ at }) => at === from);
    for (const { watch } of moved) await watch.ended();
    const history = await this.view.history();
    for (const entry of moved) {
      problems.push(...entry.watch.finish(history));
      entry.at = to;
      await entry.watch.open(to);
    }
    return problems;
  }

  /** Once nobody writes: every watch must have lived on and tell everything; what is wrong, in words. */
  async finish(): Promise<string[]> {
    const problems: string[] = [];
    for (const { watch } of this.placed) {
      const complete = eventually(async () => watch.hasTold(await this.view.history()), { within: 20_000 });
      await complete.catch(() => problems.push(`watch of ${watch.target.name}: events are missing at its end`));
      if (watch.isOver) problems.push(`watch of ${watch.target.name} was ended though its replica lived`);
      problems.push(...watch.finish(await this.view.history()));
    }
    return problems;
  }
}
