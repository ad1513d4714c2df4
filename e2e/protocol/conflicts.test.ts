import { describe, expect, it } from 'vitest';
import { configMap, configMaps, expectStatus, useSteadyServer } from './steady-server.ts';

const steady = useSteadyServer();

describe('a conflict', () => {
  it('of names is AlreadyExists', async () => {
    const status = expectStatus(
      await steady.rest.post(configMaps, configMap('present')),
      409,
      'AlreadyExists',
      /"present" already exists/,
    );
    expect(status.details).toMatchObject({ name: 'present', kind: 'configmaps' });
  });

  it('of resource versions is Conflict, for PUT, PATCH and DELETE', async () => {
    const stale = { metadata: { name: 'present', resourceVersion: '1' } };
    expectStatus(await steady.rest.put(`${configMaps}/present`, stale), 409, 'Conflict', /modified/);
    expectStatus(
      await steady.rest.patch(`${configMaps}/present`, { metadata: { resourceVersion: '1' } }),
      409,
      'Conflict',
    );
    const preconditions = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      preconditions: { uid: '00000000-0000-0000-0000-000000000000' },
    };
    expectStatus(await steady.rest.delete(`${configMaps}/present`, preconditions), 409, 'Conflict');
  });

  it('of uids is Conflict', async () => {
    const other = { metadata: { name: 'present', uid: '00000000-0000-0000-0000-000000000000' } };
    expectStatus(await steady.rest.put(`${configMaps}/present`, other), 409, 'Conflict');
  });
});
