import type { Clock, Random, ReconcileResult } from '@canopy/client';
import { done, requeueAfter } from '@canopy/client';
import type { PostgresDatabase, PostgresDatabaseStatus, Secret } from '../api/postgres-database.ts';
import type { DatabasePlace, DatabaseServer } from '../database/database-server.ts';
import { ServerFailure } from '../database/server-failure.ts';
import { belongsTo, credentialsSecret, newPassword, passwordIn, secretPatch } from './credentials-secret.ts';
import { placeOf, secretNameOf } from './names.ts';
import type { OrderReport, Outcome } from './order-status.ts';
import { statusAfter } from './order-status.ts';

/** What a Secret could not be read or written for; `Refused` when the consumer has not accepted the claim on Secrets. */
export class SecretProblem extends Error {
  readonly reason: 'SecretTaken' | 'SecretRefused';

  constructor(reason: SecretProblem['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The consumer's workspace, as far as one order goes. Secrets' errors that consumers can mend are `SecretProblem`s. */
export interface OrderWorkspace {
  readSecret(name: string): Promise<Secret | undefined>;
  /** False when there is one of that name by now. */
  createSecret(secret: Secret): Promise<boolean>;
  patchSecret(name: string, patch: object): Promise<Secret>;
  deleteSecret(secret: Secret): Promise<void>;
  /** The order as written. */
  addFinalizer(order: PostgresDatabase): Promise<PostgresDatabase>;
  removeFinalizer(order: PostgresDatabase): Promise<void>;
  writeStatus(order: PostgresDatabase, status: PostgresDatabaseStatus): Promise<void>;
}

export interface ReconcileOptions {
  cluster: string;
  server: DatabaseServer;
  workspace: OrderWorkspace;
  clock: Pick<Clock, 'now'>;
  random: Random;
  /** Time between two looks at an order that is as it should be, e.g. at its size. */
  refreshMs: number;
}

export const finalizer = 'databases.canopy.dev/postgres';

/** How soon to try again, by what was wrong; nobody tells when a server is back or a name free. */
const retryMs: Readonly<Record<string, number>> = {
  ServerUnreachable: 2_000,
  NameTaken: 5_000,
  TooManyConnections: 3_000,
  SecretRefused: 3_000,
  SecretTaken: 3_000,
};
const otherRetryMs = 10_000;

/**
 * Brings the server, the Secret and the order's status to what the order says. Any step may be the last before a crash:
 * the finalizer is written before anything is made, names are derived and never stored, and each step looks before it
 * acts, so starting again at the top ends in the same place.
 *
 * The Secret decides what the password is. If there is none, the role gets a new password first and the Secret is created
 * with it after; a crash between the two leaves a role whose password nobody knows, and the next run sets another.
 */
export async function reconcileOrder(order: PostgresDatabase, options: ReconcileOptions): Promise<ReconcileResult> {
  const { name = '', namespace = '', uid = '', deletionTimestamp, finalizers = [] } = order.metadata;
  const place = placeOf({ cluster: options.cluster, namespace, name, uid }, order.spec?.name);
  if (deletionTimestamp !== undefined) {
    return finalizers.includes(finalizer) ? release(order, place, options) : done;
  }
  if (!finalizers.includes(finalizer)) order = await options.workspace.addFinalizer(order);
  const report = await fulfil(order, place, options);
  await writeReport(order, report, options);
  return nextLook(report, options);
}

async function fulfil(order: PostgresDatabase, place: DatabasePlace, options: ReconcileOptions): Promise<OrderReport> {
  const { server, workspace } = options;
  const { connectionLimit = 20, extensions = [] } = order.spec ?? {};
  const report: OrderReport = {};
  const note = `Canopy order ${order.metadata.namespace}/${order.metadata.name} in ${options.cluster}`;
  try {
    await server.ensureRole(place.role, { connectionLimit, note });
    await server.ensureDatabase(place, { connectionLimit, note });
    const { host, port } = server.endpoint;
    report.endpoint = { host, port, database: place.database };
    const problems = await server.ensureExtensions(place.database, extensions);
    report.extensions =
      problems.length === 0
        ? { ok: true, reason: 'Created' }
        : { ok: false, reason: 'ExtensionFailed', message: problems.map(({ message }) => message).join('; ') };
    report.secret = await deliver(order, place, { server, workspace });
    if (report.secret.ok) report.secretRef = { name: secretNameOf(order.metadata.name!) };
    report.sizeBytes = await server.sizeOf(place.database);
    report.database = { ok: true, reason: 'Created' };
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    report.database = { ok: false, reason: error.reason, message: error.message };
  }
  return report;
}

/** Makes Secret and role agree. */
async function deliver(
  order: PostgresDatabase,
  place: DatabasePlace,
  { server, workspace }: Pick<ReconcileOptions, 'server' | 'workspace'>,
): Promise<Outcome> {
  const name = secretNameOf(order.metadata.name!);
  const secretOf = (password: string) => credentialsSecret(order, { place, endpoint: server.endpoint, password });
  try {
    let present = await workspace.readSecret(name);
    if (present === undefined) {
      const password = newPassword();
      await server.ensurePassword(place.role, password);
      if (await workspace.createSecret(secretOf(password))) return { ok: true, reason: 'Delivered' };
      present = await workspace.readSecret(name);
    }
    if (present === undefined || !belongsTo(present, order)) {
      throw new SecretProblem('SecretTaken', `there is a Secret ${name} already, which is not of this order`);
    }
    const password = passwordIn(present) ?? newPassword();
    const patch = secretPatch(present, secretOf(password));
    if (patch !== undefined) await workspace.patchSecret(name, patch);
    await server.ensurePassword(place.role, password);
    return { ok: true, reason: 'Delivered' };
  } catch (error) {
    if (!(error instanceof SecretProblem)) throw error;
    return { ok: false, reason: error.reason, message: error.message };
  }
}

/** What comes before the finalizer goes: the database is dropped or closed, and the Secret is deleted. */
async function release(
  order: PostgresDatabase,
  place: DatabasePlace,
  options: ReconcileOptions,
): Promise<ReconcileResult> {
  const { server, workspace } = options;
  try {
    if (order.spec?.deletionPolicy === 'Keep') await server.keep(place);
    else await server.drop(place);
    const secret = await workspace.readSecret(secretNameOf(order.metadata.name!));
    if (secret !== undefined && belongsTo(secret, order)) await workspace.deleteSecret(secret);
  } catch (error) {
    if (error instanceof ServerFailure) {
      const database: Outcome = { ok: false, reason: error.reason, message: error.message };
      await writeReport(order, { deleting: true, database }, options);
      return requeueAfter(retryMs[error.reason] ?? otherRetryMs);
    }
    // A Secret out of reach goes with the order, which owns it.
    if (!(error instanceof SecretProblem)) throw error;
  }
  await workspace.removeFinalizer(order);
  return done;
}

async function writeReport(order: PostgresDatabase, report: OrderReport, options: ReconcileOptions): Promise<void> {
  const status = statusAfter(order, report, options.clock);
  if (status !== order.status) await options.workspace.writeStatus(order, status);
}

function nextLook(report: OrderReport, { random, refreshMs }: ReconcileOptions): ReconcileResult {
  const trouble = [report.database, report.extensions, report.secret].find((outcome) => outcome?.ok === false);
  const waitMs = trouble === undefined ? refreshMs : (retryMs[trouble.reason] ?? otherRetryMs);
  return requeueAfter(waitMs * (0.8 + 0.4 * random()));
}
