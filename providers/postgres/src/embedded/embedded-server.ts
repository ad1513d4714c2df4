import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import type { Clock, Logger } from '@canopy/client';
import { sleep, systemClock } from '@canopy/client';
import type { AdminConnection } from '../database/connection.ts';
import { openPool } from '../database/connection.ts';
import { codeOf } from '../database/server-failure.ts';
import type { Binaries } from './binaries.ts';
import { findBinaries } from './binaries.ts';
import { endOf, ensureDataFolder, placesIn, superuser, superuserPassword, writeWhole } from './data-folder.ts';
import type { RunAs } from './run-as.ts';
import { userForServer } from './run-as.ts';
import { isAlive, removeForeignLock, runningServer, spawnOnFolder } from './server-process.ts';

export interface EmbeddedServerOptions {
  /** Absolute path of the folder that holds data, port and password. Made when it does not exist. */
  root: string;
  /** Where programs are copied to that another user has to run; only root does that. */
  sharedFolder?: string;
  logger: Logger;
  clock?: Clock;
}

const loopback = '127.0.0.1';
const startLimitMs = 60_000;
const stopLimitMs = 20_000;

/**
 * A PostgreSQL server of our own, reachable on loopback alone. One that a killed provider left running is taken over; one
 * that dies is started again, for as long as {@link run} lasts.
 */
export class EmbeddedServer {
  readonly connection: AdminConnection;
  readonly #options: EmbeddedServerOptions;
  readonly #clock: Clock;
  readonly #binaries: Binaries;
  readonly #user: RunAs | undefined;
  #pid: number;

  private constructor(options: EmbeddedServerOptions, started: Started) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#binaries = started.binaries;
    this.#user = started.user;
    this.#pid = started.pid;
    this.connection = started.connection;
  }

  get pid(): number {
    return this.#pid;
  }

  /** @throws Error that tells why, with the end of the server's log, when it does not come up within a minute */
  static async start(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
    const { root, sharedFolder = '/var/lib/canopy' } = options;
    const clock = options.clock ?? systemClock;
    mkdirSync(root, { recursive: true, mode: 0o700 });
    const places = placesIn(root);
    const user = userForServer();
    const binaries = findBinaries(user === undefined ? root : sharedFolder, user !== undefined);
    const password = superuserPassword(places.password);
    await ensureDataFolder(root, { initdb: binaries.initdb, password, user });
    const running = runningServer(places.data);
    const port = running?.port ?? (await choosePort(places.port));
    const pid = running?.pid ?? spawnServer({ root, port, binaries, user });
    const connection = { host: loopback, port, user: superuser, password, database: 'postgres' };
    const taken = running === undefined ? 'started' : 'taken over';
    await waitUntilReady(connection, { pid, clock, log: places.log });
    options.logger.info({ port, pid }, `PostgreSQL server ${taken}`);
    await closeToOthers(connection);
    return new EmbeddedServer(options, { binaries, user, pid, connection });
  }

  /** Keeps the server up until the signal fires, then stops it in order. */
  async run(signal: AbortSignal): Promise<void> {
    const { root, logger } = this.#options;
    for (let deaths = 0; !signal.aborted; ) {
      await sleep(this.#clock, 500 * 2 ** Math.min(deaths, 6), signal).catch(() => {});
      if (signal.aborted || isAlive(this.#pid)) {
        deaths = 0;
        continue;
      }
      deaths++;
      const running = runningServer(placesIn(root).data);
      this.#pid =
        running?.pid ?? spawnServer({ root, port: this.connection.port, binaries: this.#binaries, user: this.#user });
      logger.warn({ pid: this.#pid }, 'the PostgreSQL server had died and is started again');
    }
    await this.stop();
  }

  /** Fast shutdown: ends connections, writes all to disk. Immediate shutdown, which is safe too, if that takes too long. */
  async stop(): Promise<void> {
    for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
      if (!isAlive(this.#pid)) return;
      process.kill(this.#pid, signal);
      const until = this.#clock.ticks() + stopLimitMs;
      while (isAlive(this.#pid) && this.#clock.ticks() < until) await sleep(this.#clock, 20);
    }
  }
}

interface Started {
  binaries: Binaries;
  user: RunAs | undefined;
  pid: number;
  connection: AdminConnection;
}

function spawnServer(how: { root: string; port: number; binaries: Binaries; user: RunAs | undefined }): number {
  const places = placesIn(how.root);
  removeForeignLock(places.data);
  const settings = {
    listen_addresses: loopback,
    unix_socket_directories: '',
    max_connections: '200',
    password_encryption: 'scram-sha-256',
    log_line_prefix: '%m [%p] %q%u@%d ',
  };
  const args = [
    '-p',
    String(how.port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const child = spawnOnFolder(how.binaries.postgres, args, places.data, { user: how.user, logFile: places.log });
  child.on('error', () => {});
  child.unref();
  return child.pid ?? 0;
}

/** The port of last time if it is free, so that Secrets stay right; else another free one. */
async function choosePort(file: string): Promise<number> {
  let last = 0;
  try {
    last = Number(readFileSync(file, 'utf8'));
  } catch {
    last = 0;
  }
  const port = (last > 0 ? await tryPort(last) : undefined) ?? (await tryPort(0));
  if (port === undefined) throw new Error('no port is free on 127.0.0.1');
  if (port !== last) writeWhole(file, String(port), undefined);
  return port;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen(port, loopback, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

async function waitUntilReady(
  connection: AdminConnection,
  { pid, clock, log }: { pid: number; clock: Clock; log: string },
): Promise<void> {
  const until = clock.ticks() + startLimitMs;
  for (;;) {
    const sql = openPool(connection, { max: 1 });
    try {
      await sql`select 1`;
      return;
    } catch (error) {
      if (!/^(ECONN|CONNECT|57P03)/.test(codeOf(error))) throw error;
      if (!isAlive(pid)) throw new Error(`the PostgreSQL server did not start:\n${endOf(log)}`);
      if (clock.ticks() > until) throw new Error(`the PostgreSQL server is not ready after a minute:\n${endOf(log)}`);
    } finally {
      await sql.end({ timeout: 1 });
    }
    await sleep(clock, 50);
  }
}

/** Consumers have their own databases and no business in the server's. */
async function closeToOthers(connection: AdminConnection): Promise<void> {
  const sql = openPool(connection, { max: 1 });
  try {
    await sql.unsafe('REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC');
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Default folder of the embedded server below a server's root directory. */
export function embeddedFolder(rootDirectory: string): string {
  return path.join(rootDirectory, 'postgres');
}
