import { StorageError } from '../storage-error.ts';
import type { StorePlace } from './store-place.ts';

/** Rejects with `InvalidArgument` when a target is its source, within it or around it. Nothing is written. */
export async function requireApart(from: StorePlace, to: StorePlace): Promise<void> {
  const source = await from.extent();
  const target = await to.extent();
  const shared = source.names.some((a) => target.names.some((b) => a.startsWith(b) || b.startsWith(a)));
  if (!shared || target.revision < source.revision) return;
  if (target.revision > (await from.extent()).revision) return;
  throw new StorageError(
    'InvalidArgument',
    `${from.name} and ${to.name} overlap; the target must be neither the source nor within it, nor around it`,
  );
}
