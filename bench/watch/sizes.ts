import { fullSizes, quickSizes, type Sizes } from '../sizes.ts';

/** How much is measured. Times in milliseconds. */
export interface WatchSizes {
  /** Passed on to what the general bench measures too. */
  general: Sizes;
  idleWatches: number;
  idleConnections: number;
  idleWorkspaces: number;
  /** Watchers of the fan-out, and of the steady rate. */
  manyWatchers: number;
  someWatchers: number;
  /** Writes per second of the steady rate, and beside readers that misbehave. */
  steadyPace: number;
  calmPace: number;
  steadyMs: number;
  /** Changes that a watch resumes over. */
  missed: number;
}

export const fullWatchSizes: WatchSizes = {
  general: fullSizes,
  idleWatches: 10_000,
  idleConnections: 40,
  idleWorkspaces: 10,
  manyWatchers: 1000,
  someWatchers: 20,
  steadyPace: 1000,
  calmPace: 200,
  steadyMs: 8000,
  missed: 100_000,
};

export const quickWatchSizes: WatchSizes = {
  general: quickSizes,
  idleWatches: 400,
  idleConnections: 4,
  idleWorkspaces: 2,
  manyWatchers: 200,
  someWatchers: 10,
  steadyPace: 200,
  calmPace: 50,
  steadyMs: 1000,
  missed: 2000,
};
