import { randomBytes } from 'node:crypto';
import { deepEqual } from '@canopy/apimachinery';
import { controllerReference } from '@canopy/client';
import type { PostgresDatabase, Secret } from '../api/postgres-database.ts';
import { group } from '../api/postgres-database.ts';
import type { DatabasePlace, ServerEndpoint } from '../database/database-server.ts';
import { secretNameOf } from './names.ts';

/** On every Secret of this provider; what it watches Secrets by. */
export const secretLabels = { [`${group}/provider`]: 'postgres' };

/** 192 bits, in letters that need no escape in URIs. */
export function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

/** The password in a Secret, if it is one that this provider could have made. */
export function passwordIn(secret: Secret): string | undefined {
  const password = Buffer.from(secret.data?.['password'] ?? '', 'base64').toString();
  return /^[-_A-Za-z0-9]{32,128}$/.test(password) ? password : undefined;
}

/** The Secret as it should be. */
export function credentialsSecret(
  order: PostgresDatabase,
  { place, endpoint, password }: { place: DatabasePlace; endpoint: ServerEndpoint; password: string },
): Secret {
  const { host, port } = endpoint;
  const texts = {
    uri: connectionUri(endpoint, place, password),
    host,
    port: String(port),
    database: place.database,
    username: place.role,
    password,
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: secretNameOf(order.metadata.name!),
      namespace: order.metadata.namespace,
      labels: secretLabels,
      ownerReferences: [controllerReference(order)],
    },
    type: 'Opaque',
    data: Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
  };
}

/** As libpq reads it: <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS> */
export function connectionUri(endpoint: ServerEndpoint, place: DatabasePlace, password: string): string {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  const login = `${encodeURIComponent(place.role)}:${encodeURIComponent(password)}`;
  const query = endpoint.parameters === '' ? '' : `?${endpoint.parameters}`;
  return `postgresql://${login}@${host}:${endpoint.port}/${encodeURIComponent(place.database)}${query}`;
}

/** Whether the Secret was made for this order, and not for another, or by somebody else under the same name. */
export function belongsTo(secret: Secret, order: PostgresDatabase): boolean {
  return (secret.metadata.ownerReferences ?? []).some(({ uid }) => uid === order.metadata.uid);
}

/** What to merge into `present` to make it `wanted`; undefined for nothing. Labels and references of others stay. */
export function secretPatch(present: Secret, wanted: Secret): object | undefined {
  const labels = present.metadata.labels ?? {};
  const labelled = Object.entries(secretLabels).every(([key, value]) => labels[key] === value);
  if (labelled && deepEqual(present.data ?? {}, wanted.data)) return undefined;
  const stale = Object.keys(present.data ?? {}).filter((key) => wanted.data?.[key] === undefined);
  return {
    metadata: { resourceVersion: present.metadata.resourceVersion, labels: secretLabels },
    data: { ...wanted.data, ...Object.fromEntries(stale.map((key) => [key, null])) },
  };
}
