import { describe, expect, it } from 'vitest';
import { ServerFailure, toServerFailure } from './server-failure.ts';

function reasonOf(code: string): string {
  return toServerFailure(Object.assign(new Error('no'), { code }), 'trying').reason;
}

describe('errors of the server', () => {
  it.each([
    ['ECONNREFUSED', 'ServerUnreachable'],
    ['CONNECT_TIMEOUT', 'ServerUnreachable'],
    ['CONNECTION_CLOSED', 'ServerUnreachable'],
    ['57P01', 'ServerUnreachable'],
    ['53100', 'DiskFull'],
    ['53300', 'TooManyConnections'],
    ['28P01', 'AccessDenied'],
    ['42P04', 'NameTaken'],
    ['XX000', 'ServerError'],
  ])('%s counts as %s', (code, reason) => {
    expect(reasonOf(code)).toBe(reason);
  });

  it('look into the parts of a failed connection to several addresses', () => {
    const part = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
    expect(toServerFailure(new AggregateError([part]), 'trying').reason).toBe('ServerUnreachable');
  });

  it('stay what they are when they are known already', () => {
    const failure = new ServerFailure('NameTaken', 'taken');
    expect(toServerFailure(failure, 'trying')).toBe(failure);
  });
});
