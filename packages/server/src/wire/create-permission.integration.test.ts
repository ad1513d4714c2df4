import { configMap, grant, letIn, type RunningServer, startServer } from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let server: RunningServer;
const maps = '/api/v1/namespaces/default/configmaps';
const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';

beforeAll(async () => {
  server = await startServer({ users: [{ name: 'editor' }] });
  await letIn(server.admin, 'editor');
  await grant(server.admin, 'editing', 'editor', [
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'patch'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'update'] },
  ]);
});

afterAll(() => server.stop());

function apply(name: string) {
  return server.user('editor').call('PATCH', `${maps}/${name}?fieldManager=test`, configMap(name, { a: '1' }), {
    contentType: 'application/apply-patch+yaml',
  });
}

describe('somebody who may change objects and not create them', () => {
  it('cannot create one by applying it', async () => {
    const answer = await apply('absent');
    expect(answer.status).toBe(403);
    expect(answer.json().message).toContain('cannot create resource "configmaps"');
    expect((await server.admin.get(`${maps}/absent`)).status).toBe(404);
  });

  it('cannot create one by putting it', async () => {
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'absent' }, spec: {} };
    expect((await server.user('editor').put(`${leases}/absent`, lease)).status).toBe(403);
    expect((await server.admin.get(`${leases}/absent`)).status).toBe(404);
  });

  it('applies to one that exists', async () => {
    await server.admin.ok('POST', maps, configMap('present', {}));
    expect((await apply('present')).status).toBe(200);
  });
});
