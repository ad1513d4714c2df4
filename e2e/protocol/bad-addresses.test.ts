import { describe, expect, it } from 'vitest';
import { configMap, configMaps, expectStatus, useSteadyServer } from './steady-server.ts';

const steady = useSteadyServer();

describe('a path', () => {
  it.each([
    ['a group that is not served', '/apis/nope.example.com/v1/things'],
    ['a version that is not served', '/api/v7/configmaps'],
    ['a resource that is not served', '/api/v1/namespaces/default/pods'],
    ['an object that is missing', `${configMaps}/absent`],
    ['a subresource that is missing', `${configMaps}/present/logs`],
    ['nothing known', '/nothing/here'],
  ])('to %s is not found', async (_name, path) => {
    expectStatus(await steady.rest.get(path), 404, 'NotFound');
  });

  it('names what was not found', async () => {
    const status = expectStatus(
      await steady.rest.get(`${configMaps}/absent`),
      404,
      'NotFound',
      /configmaps "absent" not found/,
    );
    expect(status.details).toEqual({ name: 'absent', kind: 'configmaps' });
  });

  it.each([
    ['POST', `${configMaps}/present`],
    ['PUT', configMaps],
    ['PATCH', configMaps],
    ['DELETE', '/api/v1'],
    ['BREW', configMaps],
    ['OPTIONS', configMaps],
    ['TRACE', configMaps],
  ])('does not take %s %s', async (method, path) => {
    const answer = await steady.rest.request(method, path);
    expect([404, 405]).toContain(answer.status);
    expectStatus(answer, answer.status, answer.status === 404 ? 'NotFound' : 'MethodNotAllowed');
  });

  it.each([
    '/api/v1/namespaces/default/configmaps/%',
    '/api/v1/namespaces/default/configmaps/%zz',
    '/api/v1/namespaces/default/configmaps/%ff%fe',
    '/api/v1/namespaces/%00/configmaps',
    '/api/v1/namespaces/default/configmaps/..%2f..%2fsecrets',
    '/api/v1/namespaces/default/../../../../etc/passwd',
    '/api/v1/namespaces/default/configmaps/%2e%2e',
  ])('such as %s is refused and gives nothing away', async (path) => {
    const answer = await steady.rest.get(path);
    expect([400, 403, 404]).toContain(answer.status);
    expect(answer.json().kind).toBe('Status');
    expect(answer.text).not.toContain('root:x');
  });

  it('does not lead out of its workspace', async () => {
    const answer = await steady.rest.get('/api/v1/../../system:admin/api/v1/namespaces');
    expect([400, 403, 404]).toContain(answer.status);
  });

  it.each(['%', '%zz', 'root%2fx', '..', 'ROOT', 'root:', ':root', 'root::a', 'a'.repeat(300), 'root%00'])(
    'to the workspace %s is forbidden',
    async (cluster) => {
      const answer = await steady.rest.at(cluster).get('/api/v1/namespaces');
      expect([400, 403, 404]).toContain(answer.status);
      expect(answer.json().kind).toBe('Status');
    },
  );
});

describe('a query', () => {
  it.each([
    'limit=many',
    'continue=nonsense',
    'labelSelector=a%20in',
    'labelSelector=-bad-',
    'fieldSelector=no.such.field%3D1',
    'fieldSelector=broken',
    'resourceVersion=abc',
    'resourceVersion=-1',
    'resourceVersionMatch=Exact',
    'resourceVersion=1&resourceVersionMatch=Roughly',
    'watch=true&timeoutSeconds=soon',
    'watch=true&sendInitialEvents=true',
  ])('%s is refused', async (query) => {
    const answer = await steady.rest.get(`${configMaps}?${query}`);
    expect([400, 422]).toContain(answer.status);
    expectStatus(answer, answer.status, answer.status === 400 ? 'BadRequest' : 'Invalid');
  });

  it.each(['dryRun=Some', 'dryRun=true', 'fieldManager=%0a'])(
    '%s is refused for a write and writes nothing',
    async (query) => {
      const answer = await steady.rest.post(`${configMaps}?${query}`, configMap('by-query'));
      expect([400, 422]).toContain(answer.status);
      expect((await steady.rest.get(`${configMaps}/by-query`)).status).toBe(404);
    },
  );
});

describe('an Accept header', () => {
  it.each(['application/xml', 'text/html'])('of %s alone is not acceptable', async (accept) => {
    expectStatus(await steady.rest.get(configMaps, { accept }), 406, 'NotAcceptable');
  });

  it.each(['', '*/*', 'application/*', 'nonsense', 'application/json;q=0.5, */*;q=0.1', ';;;,,,'])(
    'of "%s" never breaks',
    async (accept) => {
      const answer = await steady.rest.get(configMaps, { accept });
      expect([200, 406]).toContain(answer.status);
    },
  );
});
