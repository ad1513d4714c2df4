import type { Revision } from '../storage.ts';
import { StorageError } from '../storage-error.ts';
import { type Adjustments, adjustedObjects } from './adjusted-export.ts';
import { requireApart } from './require-apart.ts';
import type { KnownMove, StoreExport, StoreImport, StorePlace } from './store-place.ts';
import { type Verified, verifyMove } from './verify-move.ts';

export interface MoveProgress {
  step: 'copying' | 'comparing';
  /** Objects that are in the target, or were compared. */
  done: number;
  /** Objects of the source. */
  total: number;
}

export interface MoveOptions {
  from: StorePlace;
  to: StorePlace;
  /** Distance of the target's revision from that of the source. */
  revisionJump: number;
  adjustments?: (source: StoreExport) => Promise<Adjustments>;
  onProgress?: (progress: MoveProgress) => void;
  /** Called when everything is in the target and was compared, before it becomes a store. */
  beforeFinish?: () => void;
}

export interface MoveResult extends Verified {
  sourceRevision: Revision;
  /** The target's. */
  revision: Revision;
  /** Objects that an earlier attempt had moved. */
  resumedAfter: number;
}

/**
 * Moves a store that nobody serves. The source stays as it is. When it is interrupted, at any moment, it goes on where it
 * stood when it is called again with the same places; when it had just finished, it compares again and answers the same.
 *
 * Rejects with `InvalidArgument` when the places overlap, or the target holds another store or an unfinished one of another
 * source, and with `StorageFailed` when somebody uses the source or the target, the source has changed since an earlier attempt, or the
 * comparison finds a difference.
 */
export async function moveStore(options: MoveOptions): Promise<MoveResult> {
  const { from, to } = options;
  await requireApart(from, to);
  const known = await to.knownMove();
  const source = await from.openExport(known?.revision);
  let target: StoreImport | undefined;
  try {
    if (known !== undefined && known.source !== source.source) throw ofAnother(to, known);
    requireRoom(source.revision + options.revisionJump);
    await source.checkUnused();
    const adjustments = (await options.adjustments?.(source)) ?? new Map();
    target = await to.openImport(source, options.revisionJump);
    const resumedAfter = target.objects;
    const total = await source.count();
    const report = (step: MoveProgress['step'], done: number) => options.onProgress?.({ step, done, total });
    if (known?.finished !== true) await copy(source, target, adjustments, report);
    report('comparing', 0);
    const verified = await compare(source, target, adjustments, (done) => report('comparing', done));
    await source.checkUnused();
    if (known?.finished !== true) options.beforeFinish?.();
    const revision = await target.finish();
    return { ...verified, sourceRevision: source.revision, revision, resumedAfter };
  } finally {
    await target?.close();
    await source.close();
  }
}

async function copy(
  source: StoreExport,
  target: StoreImport,
  adjustments: Adjustments,
  report: (step: 'copying', done: number) => void,
): Promise<void> {
  for await (const page of adjustedObjects(source, target.after, adjustments)) {
    const now = Date.now();
    await target.put(page.filter(({ lease }) => lease === undefined || lease.expiresAt > now));
    report('copying', target.objects);
  }
}

async function compare(
  source: StoreExport,
  target: StoreImport,
  adjustments: Adjustments,
  onProgress: (objects: number) => void,
): Promise<Verified> {
  const arrived = await target.arrived();
  try {
    const verified = await verifyMove(adjustedObjects(source, '', adjustments), arrived, onProgress);
    await arrived.checkUnused();
    return verified;
  } finally {
    await arrived.close();
  }
}

function requireRoom(revision: number): void {
  if (!Number.isSafeInteger(revision * 2))
    throw new StorageError('InvalidArgument', `revision ${revision} leaves too little room below 2^53`);
}

function ofAnother(to: StorePlace, { source, finished }: KnownMove): StorageError {
  const words = finished ? 'holds a store that was moved from' : 'holds an unfinished move of';
  return new StorageError('InvalidArgument', `${to.name} ${words} another source, ${source}`);
}
