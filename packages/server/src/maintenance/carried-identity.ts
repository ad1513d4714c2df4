import path from 'node:path';
import type { StorageKey, StoreExport } from '@canopy/storage';
import { UsageError } from '../options/parse-options.ts';
import { readFileIfAny } from '../pki/private-file.ts';
import { externalUrlKey, identityForStore, identityKey, writeIdentityFromStore } from '../pki/shared-identity.ts';
import { readRootFiles, writeRootFiles } from './root-files.ts';
import type { ChosenPlace } from './store-places.ts';

/** What makes a server the same for its clients, which lies beside an embedded database and inside a store in etcd. */
export interface CarriedIdentity {
  /** What is different in the target's objects. */
  adjustments: Map<StorageKey, Uint8Array | undefined>;
  /** Puts the files beside the target's database, if it has any. */
  install(): void;
  /** Whether there was anything to carry. */
  found: boolean;
}

/** @throws UsageError when the target's directory has keys of another server */
export async function carryIdentity(
  source: StoreExport,
  { from, to }: { from: ChosenPlace; to: ChosenPlace },
): Promise<CarriedIdentity> {
  if (from.kind === 'etcd' && to.kind === 'etcd')
    return { adjustments: new Map(), install: () => undefined, found: true };
  if (from.kind === 'etcd') return storeToFiles(source, to.directory);
  if (to.kind === 'etcd') {
    const identity = await identityForStore(from.directory, Date.now());
    const value = identity === undefined ? undefined : new TextEncoder().encode(identity);
    const adjustments = new Map([
      [identityKey, value],
      [externalUrlKey, undefined],
    ]);
    return { adjustments, install: () => undefined, found: identity !== undefined };
  }
  const files = readRootFiles(from.directory);
  requireOwn(to.directory, text(files.get('ca.crt')));
  return { adjustments: new Map(), install: () => writeRootFiles(to.directory, files), found: files.has('ca.key') };
}

async function storeToFiles(source: StoreExport, directory: string): Promise<CarriedIdentity> {
  const values = await valuesOf(source, [identityKey, externalUrlKey]);
  const identity = values.get(identityKey);
  const adjustments = new Map([
    [identityKey, undefined],
    [externalUrlKey, undefined],
  ]);
  if (identity === undefined) return { adjustments, install: () => undefined, found: false };
  requireOwn(directory, (JSON.parse(identity) as { ca: { cert: string } }).ca.cert);
  // The server writes its own URL there when it starts.
  const server = values.get(externalUrlKey) ?? 'https://localhost:6443';
  return { adjustments, install: () => writeIdentityFromStore(identity, directory, server), found: true };
}

async function valuesOf(source: StoreExport, keys: readonly string[]): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for await (const page of source.objects('/w/replicas')) {
    for (const { key, value } of page) if (keys.includes(key)) values.set(key, text(value) as string);
    const last = page.at(-1)?.key ?? '';
    if (!last.startsWith('/w/replicas')) break;
  }
  return values;
}

function requireOwn(directory: string, ca: string | undefined): void {
  const file = path.join(directory, 'ca.crt');
  const present = readFileIfAny(file);
  if (present !== undefined && present !== ca)
    throw new UsageError(`${file} is of another server; move it away, or choose another directory for --to`);
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}
