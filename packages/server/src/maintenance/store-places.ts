import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { type StorePlace, sqlitePlace } from '@canopy/storage';
import { etcdEndpoints, etcdPrefix, etcdTls, isSecure, tlsFlags } from '../config/etcd-config.ts';
import { UsageError } from '../options/parse-options.ts';
import type { CommandLine } from './command-line.ts';

export interface ChosenPlace {
  kind: 'sqlite' | 'etcd';
  /** For SQLite: where the database and the server's keys are; for etcd empty. */
  directory: string;
  open(): Promise<StorePlace>;
}

/** What `--from` and `--to` say: `sqlite:PATH` or `etcd:ENDPOINTS[?prefix=/x]`. @throws UsageError */
export function choosePlaces(line: CommandLine): { from: ChosenPlace; to: ChosenPlace } {
  const [from, to] = (['from', 'to'] as const).map((flag) => parsePlace(line, flag)) as [ParsedPlace, ParsedPlace];
  const secure = [from, to].some((place) => place.kind === 'etcd' && isSecure(place.endpoints));
  const tls = etcdTls((flag) => line.text(flag) ?? '', secure, line.cwd);
  const choose = (place: ParsedPlace): ChosenPlace => {
    if (place.kind === 'sqlite')
      return { kind: 'sqlite', directory: path.dirname(place.file), open: async () => sqlitePlace(place.file) };
    const { endpoints, prefix } = place;
    const options = { endpoints, prefix, ...(tls !== undefined && isSecure(endpoints) ? { tls } : {}) };
    return {
      kind: 'etcd',
      directory: '',
      open: async () => (await import('@canopy/storage/etcd-place')).etcdPlace(options),
    };
  };
  if (JSON.stringify(from) === JSON.stringify(to)) throw new UsageError('--from and --to are the same store');
  if (to.kind === 'sqlite') makeDirectory(path.dirname(to.file));
  return { from: choose(from), to: choose(to) };
}

export const placeFlags = Object.fromEntries(['from', 'to', ...tlsFlags].map((flag) => [flag, 'string' as const]));

type ParsedPlace = { kind: 'sqlite'; file: string } | { kind: 'etcd'; endpoints: string[]; prefix: string };

function parsePlace(line: CommandLine, flag: 'from' | 'to'): ParsedPlace {
  const text = line.text(flag);
  if (text === undefined) throw new UsageError(`--${flag} is missing; see canopy storage migrate --help`);
  const [, kind, rest = ''] = /^(sqlite|etcd):(.+)$/.exec(text) ?? [];
  if (kind === 'sqlite') return { kind, file: databaseFile(path.resolve(line.cwd, rest)) };
  if (kind !== 'etcd')
    throw new UsageError(`--${flag} must be sqlite:PATH or etcd:ENDPOINTS[?prefix=/x], not ${JSON.stringify(text)}`);
  const [servers = '', query = '', ...more] = rest.split('?');
  const [name, prefix = '', ...others] = query.split('=');
  if (more.length > 0 || others.length > 0 || (query !== '' && name !== 'prefix'))
    throw new UsageError(`--${flag}: after ? there may be prefix=/x only, not ${JSON.stringify(query)}`);
  return {
    kind,
    endpoints: etcdEndpoints(servers, `--${flag}: the endpoints`),
    prefix: etcdPrefix(query === '' ? '/canopy' : prefix, `--${flag}: the prefix`),
  };
}

/** A root directory, there already or not, stands for its database. */
function databaseFile(file: string): string {
  const isDirectory = statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? !file.endsWith('.db');
  return isDirectory ? path.join(file, 'canopy.db') : file;
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new UsageError(`cannot use ${directory}: ${(error as Error).message}`);
  }
}
