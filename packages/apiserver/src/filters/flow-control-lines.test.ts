import { describe, expect, it } from 'vitest';
import type { UserContext } from '../endpoints/request-context.ts';
import { flowControlFilter } from './flow-control.ts';

function context(method: string, verb: string): UserContext {
  const info = {
    resourceRequest: true,
    verb,
    group: '',
    resource: 'configmaps',
    namespace: 'default',
    path: '/api/v1',
  };
  const made: Pick<UserContext, 'method' | 'query' | 'onFinish' | 'body' | 'signal' | 'user' | 'target'> = {
    method,
    query: new URLSearchParams(),
    onFinish: [],
    body: async () => new Uint8Array(0),
    signal: new AbortController().signal,
    user: { name: 'alice', groups: [] } as unknown as UserContext['user'],
    target: { kind: 'none' } as UserContext['target'],
  };
  return { ...made, info } as UserContext;
}

describe('the lines of flow control', () => {
  const limits = { seats: 1, startsPerTurn: 10, sliceMs: 1, queued: 10, waitMs: 10_000 };

  it.each([
    ['GET', 'get', 'reads'],
    ['HEAD', 'get', 'reads'],
    ['GET', 'list', 'reads'],
    ['HEAD', 'list', 'reads'],
    ['POST', 'create', 'writes'],
    ['DELETE', 'deletecollection', 'writes'],
  ])('have %s (%s) wait behind %s alone', async (method, verb, line) => {
    for (const [occupied, first] of [
      ['reads', context('GET', 'get')],
      ['writes', context('PUT', 'update')],
    ] as const) {
      const filter = flowControlFilter({ limits, seed: 1 });
      await filter.apply(first);
      const entering = filter.apply(context(method, verb));
      expect(entering instanceof Promise, `behind ${occupied}`).toBe(occupied === line);
      for (const done of first.onFinish) done(0);
      await entering;
    }
  });
});
