import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeOf, secretNameOf } from './names.ts';

const identity = fc.record({
  cluster: fc.string({ minLength: 1 }),
  namespace: fc.string({ minLength: 1 }),
  name: fc.string({ minLength: 1, maxLength: 253 }),
  uid: fc.uuid(),
});

describe('names of databases and roles', () => {
  it('fit PostgreSQL and need no quotes, whatever the order is called', () => {
    fc.assert(
      fc.property(identity, (order) => {
        const { database, role } = placeOf(order);
        expect(database).toBe(role);
        expect(database).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
      }),
    );
  });

  it('are the same for the same order and differ when any part of its identity does', () => {
    const order = { cluster: 'c1', namespace: 'default', name: 'shop', uid: 'u1' };
    const base = placeOf(order).database;
    expect(placeOf({ ...order }).database).toBe(base);
    for (const part of ['cluster', 'namespace', 'name', 'uid'] as const) {
      expect(placeOf({ ...order, [part]: 'other' }).database).not.toBe(base);
    }
    expect(placeOf({ ...order, cluster: 'c1d', namespace: 'efault' }).database).not.toBe(base);
  });

  it('take the wanted database as it is and keep the role unique', () => {
    const place = placeOf({ cluster: 'c1', namespace: 'default', name: 'shop', uid: 'u1' }, 'sales');
    expect(place.database).toBe('sales');
    expect(place.role).toMatch(/^shop_[0-9a-f]{24}$/);
  });
});

describe('names of Secrets', () => {
  it('are those of valid objects and differ for different orders', () => {
    const long = 'a'.repeat(250);
    expect(secretNameOf('shop')).toBe('shop-postgres');
    expect(secretNameOf(`${long}b`).length).toBeLessThanOrEqual(253);
    expect(secretNameOf(`${long}b`)).not.toBe(secretNameOf(`${long}c`));
  });
});
