import type { CanopyProcess } from '../harness/canopy-process.ts';
import { Rest } from '../harness/rest.ts';
import { openWatch, type WatchStream } from '../harness/watch-stream.ts';
import { type HistoryRow, parseKey, type StoredObject } from './store-snapshot.ts';

export interface WatchTarget {
  name: string;
  /** Of the collection, below the server. */
  path: string;
  /** Which changes of the store the watch has to tell. */
  concerns(object: StoredObject): boolean;
}

/** A watch that resumes where it last was whenever it is opened again, held against the store's own log. */
export class WatchRecord {
  readonly target: WatchTarget;
  events = 0;
  private revision: number;
  private rest: Rest | undefined;
  private stream: WatchStream | undefined;

  constructor(target: WatchTarget, revision: number) {
    this.target = target;
    this.revision = revision;
  }

  async open(server: CanopyProcess): Promise<void> {
    this.rest = Rest.connect(server, '');
    this.stream = await openWatch(this.rest, `${this.target.path}?watch=true&resourceVersion=${this.revision}`);
  }

  /** Resolves when the server has ended the watch. */
  async ended(): Promise<void> {
    await this.stream?.end();
  }

  /** Whether the server has ended the present opening. */
  get isOver(): boolean {
    return this.stream?.ended === true;
  }

  /** Revision that the watch resumes, or has resumed, from. */
  get start(): number {
    return this.revision;
  }

  /** Newest revision that the watch has told, or began at. */
  get position(): number {
    return Number(this.stream?.events.at(-1)?.object.metadata.resourceVersion ?? this.revision);
  }

  /** Whether the newest change of the log that concerns the watch has been told. */
  hasTold(history: readonly HistoryRow[]): boolean {
    const last = this.logged(history).at(-1);
    return last === undefined || this.position >= last.revision;
  }

  private logged(history: readonly HistoryRow[]): (HistoryRow & { at: StoredObject })[] {
    return history.flatMap((row) => {
      const at = parseKey(row.key);
      return at !== undefined && this.target.concerns(at) ? [{ ...row, at }] : [];
    });
  }

  /** Ends this opening; what it told and the log differ in these words. */
  finish(history: readonly HistoryRow[]): string[] {
    const { target, revision } = this;
    const told = (this.stream?.events ?? []).map(
      ({ type, object }) =>
        `${object.metadata.resourceVersion} ${type} ${object.metadata.namespace ?? '-'}/${object.metadata.name}`,
    );
    const until = this.position;
    const logged = this.logged(history)
      .filter((row) => row.revision > revision && row.revision <= until)
      .map((row) => `${row.revision} ${row.type} ${row.at.namespace}/${row.at.name}`);
    this.rest?.close();
    this.rest = undefined;
    this.stream = undefined;
    this.revision = until;
    this.events += told.length;
    const at = told.findIndex((line, i) => line !== logged[i]);
    if (at === -1 && told.length === logged.length) return [];
    const from = at === -1 ? told.length : at;
    return [
      `watch of ${target.name}, event ${from}: told ${told[from] ?? 'nothing'}, logged ${logged[from] ?? 'nothing'}`,
    ];
  }
}
