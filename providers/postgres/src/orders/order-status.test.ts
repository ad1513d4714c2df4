import { describe, expect, it } from 'vitest';
import type { PostgresDatabase } from '../api/postgres-database.ts';
import { statusAfter } from './order-status.ts';

const order: PostgresDatabase = {
  apiVersion: 'databases.canopy.dev/v1alpha1',
  kind: 'PostgresDatabase',
  metadata: { name: 'shop', generation: 2 },
};
const ok = { ok: true, reason: 'Created' } as const;
const bad = { ok: false, reason: 'NameTaken', message: 'taken' } as const;
const clock = { now: () => 0 };

function readyOf(status: ReturnType<typeof statusAfter>) {
  return status.conditions?.find(({ type }) => type === 'Ready');
}

describe('the status of an order', () => {
  it('is Ready when database, extensions and Secret are', () => {
    const status = statusAfter(order, { database: ok, extensions: ok, secret: ok }, clock);
    expect(status.phase).toBe('Ready');
    expect(status.observedGeneration).toBe(2);
    expect(readyOf(status)).toMatchObject({ status: 'True', observedGeneration: 2 });
  });

  it('is Failed with the first trouble as its summary, and keeps what was delivered', () => {
    const delivered = { ...order, status: { sizeBytes: 7, secretRef: { name: 's' } } };
    const status = statusAfter(delivered, { database: bad }, clock);
    expect(status).toMatchObject({ phase: 'Failed', sizeBytes: 7, secretRef: { name: 's' } });
    expect(readyOf(status)).toMatchObject({ status: 'False', reason: 'NameTaken', message: 'taken' });
  });

  it('is Deleting while the server keeps the database from being dropped', () => {
    expect(statusAfter(order, { deleting: true, database: bad }, clock).phase).toBe('Deleting');
  });

  it('is the same object when there is nothing new', () => {
    const status = statusAfter(order, { database: ok, extensions: ok, secret: ok }, clock);
    const again = statusAfter({ ...order, status }, { database: ok, extensions: ok, secret: ok }, { now: () => 9_000 });
    expect(again).toBe(status);
  });
});
