import type { KubeObject } from '@canopy/apimachinery';
import type { ApiResponse } from '@canopy/apiserver';
import { describe, expect, it } from 'vitest';
import { TestCluster } from '../testing/test-registry.ts';
import { subresourceEndpoints } from './subresource-endpoints.ts';
import type { ServiceAccountTokenRequest } from './token-request.ts';

const issued: ServiceAccountTokenRequest[] = [];
const special = {
  subresources: subresourceEndpoints({
    tokens: {
      async issue(request) {
        issued.push(request);
        return {
          token: `token-of-${request.serviceAccount.name}`,
          expirationTimestamp: '2026-01-02T01:00:00Z',
          audiences: ['api'],
        };
      },
    },
    patch: async (): Promise<ApiResponse> => {
      throw new Error('not asked for here');
    },
  }),
};

describe('namespaces/finalize', () => {
  it('lets a namespace go when its last finalizer is taken away, and changes nothing else', async () => {
    const cluster = await TestCluster.start();
    const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } };
    await cluster.create('/namespaces', structuredClone(namespace));
    const path = '/api/v1/namespaces/team/finalize';
    const body = {
      ...namespace,
      metadata: { name: 'team', labels: { sneaked: 'in' } },
      spec: { finalizers: ['example.com/x'] },
      status: { phase: 'Odd' },
    };
    const kept = await cluster.send('PUT', path, body, special);
    expect(kept).toMatchObject({ spec: { finalizers: ['example.com/x'] }, status: { phase: 'Active' } });
    expect(kept.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'team' });
    await cluster.delete('/namespaces', namespace);
    await cluster.send('PUT', path, { ...namespace, spec: {} }, special);
    await expect(cluster.delete('/namespaces', namespace)).rejects.toMatchObject({ reason: 'NotFound' });
  });

  it('takes finalizers with a domain only, besides its own', async () => {
    const cluster = await TestCluster.start();
    const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } };
    await cluster.create('/namespaces', structuredClone(namespace));
    const attempt = cluster.send(
      'PUT',
      '/api/v1/namespaces/team/finalize',
      { ...namespace, spec: { finalizers: ['mine'] } },
      special,
    );
    await expect(attempt).rejects.toMatchObject({ code: 422 });
  });
});

describe('serviceaccounts/token', () => {
  const path = '/api/v1/namespaces/team/serviceaccounts/robot/token';
  async function withRobot() {
    const cluster = await TestCluster.start();
    const robot = await cluster.create('/serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'robot', namespace: 'team' },
    });
    return { cluster, robot };
  }

  it('asks for a token of that very account, for an hour unless told otherwise', async () => {
    const { cluster, robot } = await withRobot();
    const answer = await cluster.send('POST', path, { spec: { audiences: ['api'] } }, special);
    expect(answer).toMatchObject({
      kind: 'TokenRequest',
      metadata: { name: 'robot', namespace: 'team' },
      spec: { audiences: ['api'], expirationSeconds: 3600 },
      status: { token: 'token-of-robot', expirationTimestamp: '2026-01-02T01:00:00Z' },
    });
    expect(issued.at(-1)?.serviceAccount).toEqual({ name: 'robot', uid: robot.metadata.uid });
  });

  it('issues nothing for accounts that do not exist, or for too short a time', async () => {
    const { cluster } = await withRobot();
    await expect(cluster.send('POST', path.replace('robot', 'ghost'), {}, special)).rejects.toMatchObject({
      reason: 'NotFound',
    });
    await expect(cluster.send('POST', path, { spec: { expirationSeconds: 599 } }, special)).rejects.toMatchObject({
      code: 422,
    });
  });

  it('binds tokens to secrets that exist, by their uid', async () => {
    const { cluster } = await withRobot();
    const secret = await cluster.create('/secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'team' },
    });
    const bind = (boundObjectRef: object) => cluster.send('POST', path, { spec: { boundObjectRef } }, special);
    await bind({ kind: 'Secret', apiVersion: 'v1', name: 's' });
    expect(issued.at(-1)?.boundObject?.uid).toBe(secret.metadata.uid);
    await expect(bind({ kind: 'Secret', apiVersion: 'v1', name: 's', uid: 'other' })).rejects.toMatchObject({
      code: 409,
    });
    await expect(bind({ kind: 'Pod', apiVersion: 'v1', name: 'p' })).rejects.toMatchObject({ code: 400 });
  });
});
