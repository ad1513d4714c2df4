import { createHash } from 'node:crypto';
import type { DatabasePlace } from '../database/database-server.ts';

/** What an order's names are made of. `uid` tells it from earlier ones of the same name. */
export interface OrderIdentity {
  cluster: string;
  namespace: string;
  name: string;
  uid: string;
}

const hashLength = 24;
const longestName = 63;

/**
 * Where an order's database lives: the same for the same order, different for any other, at most 63 bytes of `a-z0-9_`.
 * The order's name leads, for people; 96 bits of hash over all of its identity follow.
 */
export function placeOf(order: OrderIdentity, wantedDatabase?: string): DatabasePlace {
  const identity = JSON.stringify([order.cluster, order.namespace, order.name, order.uid]);
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, hashLength);
  const readable = order.name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+/, '')
    .slice(0, longestName - hashLength - 1);
  const unique = `${readable || 'db'}_${hash}`;
  return { database: wantedDatabase ?? unique, role: unique };
}

/** Names of objects have 253 characters at most. */
const longestObjectName = 253;
const secretSuffix = '-postgres';

/** The Secret beside an order. A name too long for the suffix is cut, and told from others by a hash. */
export function secretNameOf(orderName: string): string {
  if (orderName.length + secretSuffix.length <= longestObjectName) return orderName + secretSuffix;
  const hash = createHash('sha256').update(orderName).digest('hex').slice(0, 8);
  return `${orderName.slice(0, longestObjectName - secretSuffix.length - 9)}-${hash}${secretSuffix}`;
}
