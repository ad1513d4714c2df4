/** How much is measured. Times in milliseconds. */
export interface Sizes {
  restarts: number;
  /** Of each loop, and what goes before it uncounted. */
  loopMs: number;
  warmMs: number;
  ceilingMs: number;
  /** Objects to read and list; a creating loop makes five times as many at most. */
  objects: number;
  workspacesAlone: number;
  workspacesTogether: number;
  /** For memory: made twice, first to fill the bounded caches. */
  workspacesAtRest: number;
  watchers: number;
  fanOutMs: number;
}

export const fullSizes: Sizes = {
  restarts: 5,
  loopMs: 3000,
  warmMs: 2000,
  ceilingMs: 1500,
  objects: 10_000,
  workspacesAlone: 200,
  workspacesTogether: 800,
  workspacesAtRest: 1000,
  watchers: 1000,
  fanOutMs: 3000,
};

export const quickSizes: Sizes = {
  restarts: 1,
  loopMs: 250,
  warmMs: 50,
  ceilingMs: 100,
  objects: 600,
  workspacesAlone: 20,
  workspacesTogether: 64,
  workspacesAtRest: 64,
  watchers: 100,
  fanOutMs: 250,
};
