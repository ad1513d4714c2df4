import type { Target } from '../server/canopy-process.ts';
import type { Spread } from './latencies.ts';

/**
 * Closed loops: each of `concurrency` loops sends its next request when the last was answered. `#` in path and body is
 * replaced by a running number, from `first` on; those in the path start again after `count` of them where `wrap` is set, those
 * in the body never, so that what is patched again is changed again.
 */
export interface LoopPlan {
  kind: 'loop';
  target: Target;
  concurrency: number;
  method: string;
  path: string;
  body?: string;
  contentType?: string;
  status: number;
  first: number;
  /** Ends after so many requests … */
  count: number;
  /** … or after this time, whichever is first. */
  ms: number;
  /** Runs for so long before, uncounted, with half of the requests at most: code is compiled, caches are filled. */
  warmMs?: number;
  wrap?: boolean;
  /** Answers with another status are counted; without it the first of them ends the plan. */
  countRefusals?: boolean;
  /** What is found in the answers' bodies; absent for a server that answers the same to everything. */
  check?: AnswerCheck;
}

/** `#` as in the plan's path. */
export interface AnswerCheck {
  name?: string;
  items?: number;
}

/** Workspaces made and followed by a watch until their phase is Ready. */
export interface WorkspacePlan {
  kind: 'workspaces';
  target: Target;
  parent: string;
  /** Names are `<prefix>-<number>`. */
  prefix: string;
  concurrency: number;
  count: number;
  ms: number;
}

/** Watchers of one collection, and writers that create objects in it. */
export interface FanOutPlan {
  kind: 'fan-out';
  target: Target;
  watchers: number;
  path: string;
  body: string;
  /** Watch from here. */
  resourceVersion: string;
  writers: number;
  /** Writes per second of all writers; 0: as fast as they are answered. */
  pace: number;
  ms: number;
  first: number;
}

export type LoadPlan = (LoopPlan | WorkspacePlan | FanOutPlan) & {
  /** Connections; 8 unless told. */
  sessions?: number;
};

/** To be called and awaited when all is prepared: what is measured begins then. */
export type Started = () => Promise<void>;

/** Of one phase. */
export interface LoadResult {
  /** Requests answered, workspaces Ready, or events delivered. */
  count: number;
  seconds: number;
  /** Of the request, of creation to Ready, or of writing to delivery. */
  latency: Spread;
  /** Processor time that the load generator took, microseconds. */
  cpuMicros: number;
  /** Of the write's answer to delivery; 0 for events that came first. */
  afterAnswer?: Spread;
  /** Writes behind the events. */
  writes?: number;
  /** Numbers that were used, those before it counted included. */
  used?: number;
  /** Of all bodies of the answers. */
  bytes?: number;
  /** Answers with other statuses than expected; 0 is a stream or a connection that failed. */
  refusals?: Record<number, number>;
}
