import { describe, expect, it } from 'vitest';
import { handlerChain } from './handler-chain.ts';

describe('the handler chain', () => {
  it('has its steps in this order', () => {
    const chain = handlerChain({
      logicalCluster: {
        workspaces: {} as never,
        resolver: { resolve: async () => ({ kind: 'none' }) },
        virtualWorkspaces: [],
        clusterOfToken: () => undefined,
      },
      authenticator: { name: 'none', authenticate: async () => ({ outcome: 'absent' }) },
      flowControl: { limits: { seats: 1, startsPerTurn: 1, sliceMs: 1, queued: 1, waitMs: 1 }, seed: 1 },
      clusterGate: { name: 'inactive-cluster', apply: (context) => context },
      authorization: { message: (_attributes, reason) => reason },
    });
    expect(chain.names).toEqual([
      'logical-cluster',
      'request-info',
      'authentication',
      'impersonation',
      'flow-control',
      'authorization',
      'inactive-cluster',
    ]);
  });
});
