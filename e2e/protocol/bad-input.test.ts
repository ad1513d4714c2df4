import { once } from 'node:events';
import https from 'node:https';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess } from '../harness/canopy-process.ts';
import { within } from '../harness/poll.ts';
import { type Answer, type KubeJson, Rest } from '../harness/rest.ts';

let server: CanopyProcess;
let rest: Rest;

const configMaps = '/api/v1/namespaces/default/configmaps';

beforeAll(async () => {
  server = await CanopyProcess.start();
  rest = Rest.connect(server, 'root');
  await rest.ok('POST', configMaps, { metadata: { name: 'present' }, data: { a: '1' } });
  await rest.ok('POST', '/api/v1/namespaces', { metadata: { name: 'other' } });
});
afterAll(async () => {
  rest.close();
  await server.dispose();
});

afterEach(async () => {
  expect((await rest.get('/readyz')).text).toBe('ok');
  expect(server.stderr).toBe('');
});

/** Every refusal is a Status whose code is the HTTP status. */
function expectStatus(answer: Answer, code: number, reason: string, words?: RegExp): KubeJson {
  expect([answer.status, answer.text.slice(0, 300)]).toEqual([code, expect.any(String)]);
  const status = answer.json();
  expect(status).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason });
  expect(status.message).toMatch(words ?? /\S/);
  return status;
}

function configMap(name: string, more: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...more };
}

describe('a body', () => {
  it.each([
    ['nothing', ''],
    ['broken JSON', '{"metadata":'],
    ['JSON with something after it', '{"metadata":{"name":"x"}} {}'],
    ['a string', '"hello"'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '7'],
    ['text that is not UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
  ])('that is %s is a bad request', async (_name, body) => {
    expectStatus(await rest.request('POST', configMaps, { body, contentType: 'application/json' }), 400, 'BadRequest');
  });

  it('of another kind is a bad request', async () => {
    const answer = await rest.post(configMaps, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } });
    expectStatus(answer, 400, 'BadRequest', /Secret|ConfigMap/);
  });

  it('of another version is a bad request', async () => {
    expectStatus(
      await rest.post(configMaps, { apiVersion: 'v2', kind: 'ConfigMap', metadata: { name: 'x' } }),
      400,
      'BadRequest',
    );
  });

  it('for another namespace than the path is a bad request', async () => {
    const answer = await rest.post(configMaps, { metadata: { name: 'x', namespace: 'other' } });
    expectStatus(answer, 400, 'BadRequest', /namespace/);
  });

  it('with another name than the path is a bad request', async () => {
    expectStatus(await rest.put(`${configMaps}/present`, configMap('absent')), 400, 'BadRequest', /name/);
  });

  it.each([
    ['metadata that is a string', { metadata: 'x' }],
    ['a name that is a number', { metadata: { name: 1 } }],
    ['labels that are a list', { metadata: { name: 'x', labels: ['a'] } }],
    ['a label that is a number', { metadata: { name: 'x', labels: { a: 1 } } }],
    ['an annotation that is an object', { metadata: { name: 'x', annotations: { a: {} } } }],
    ['finalizers that are a string', { metadata: { name: 'x', finalizers: 'x' } }],
    ['an owner that is a string', { metadata: { name: 'x', ownerReferences: ['x'] } }],
    ['data that is a list', { metadata: { name: 'x' }, data: [] }],
    ['data of a number', { metadata: { name: 'x' }, data: { a: 1 } }],
    ['immutable that is a string', { metadata: { name: 'x' }, immutable: 'yes' }],
  ])('with %s is refused', async (_name, body) => {
    const answer = await rest.post(configMaps, body);
    expect([400, 422]).toContain(answer.status);
    expectStatus(answer, answer.status, answer.status === 400 ? 'BadRequest' : 'Invalid');
  });

  it.each([
    ['capitals', 'Upper'],
    ['a slash', 'a/b'],
    ['a percent sign', 'a%b'],
    ['dots only', '..'],
    ['a space', 'a b'],
    ['254 characters', 'a'.repeat(254)],
    ['something outside ASCII', 'naïve'],
  ])('whose name has %s is invalid', async (_name, name) => {
    expectStatus(await rest.post(configMaps, configMap(name)), 422, 'Invalid', /metadata\.name/);
  });

  it('without a name is invalid', async () => {
    expectStatus(await rest.post(configMaps, { data: {} }), 422, 'Invalid', /name/);
  });

  it('of more than the limit is too large, announced or not', async () => {
    const big = JSON.stringify(configMap('big', { data: { a: 'x'.repeat(4 << 20) } }));
    expectStatus(await rest.request('POST', configMaps, { body: big }), 413, 'RequestEntityTooLarge');
    expectStatus(
      await rest.request('POST', configMaps, { body: big, headers: { 'content-length': String(big.length) } }),
      413,
      'RequestEntityTooLarge',
    );
  });

  it.each([
    ['objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['lists', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
  ])('with 10,000 levels of %s is refused', async (_name, deep) => {
    const answer = await rest.request('POST', configMaps, {
      body: `{"metadata":{"name":"deep"},"data":{"a":${deep}}}`,
    });
    expect([400, 413, 422]).toContain(answer.status);
    const patch = await rest.request('PATCH', `${configMaps}/present`, {
      body: `{"data":{"a":${deep}}}`,
      contentType: 'application/merge-patch+json',
    });
    expect([400, 413, 422]).toContain(patch.status);
    const yaml = await rest.request('POST', configMaps, {
      body: `{metadata: {name: deep}, data: {a: ${deep}}}`,
      contentType: 'application/yaml',
    });
    expect([400, 413, 422]).toContain(yaml.status);
  });

  it('of YAML that expands itself is refused', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(', ')}]`,
    );
    const body = `metadata: {name: bomb}\nl0: &l0 [x]\n${levels.join('\n')}\n`;
    expectStatus(await rest.request('POST', configMaps, { body, contentType: 'application/yaml' }), 400, 'BadRequest');
  });

  it('of a media type that is not understood is refused with those that are', async () => {
    const answer = await rest.request('POST', configMaps, { body: '<a/>', contentType: 'application/xml' });
    expectStatus(answer, 415, 'UnsupportedMediaType', /application\/json/);
  });

  it('of a patch needs a patch type', async () => {
    const answer = await rest.request('PATCH', `${configMaps}/present`, { body: {}, contentType: 'application/json' });
    expectStatus(answer, 415, 'UnsupportedMediaType', /merge-patch\+json/);
  });

  it.each([
    ['a JSON patch that is no list', {}, 'application/json-patch+json'],
    ['a merge patch that is a list', [], 'application/merge-patch+json'],
    ['a broken document', '{"data":', 'application/merge-patch+json'],
  ])('of a patch that is %s is a bad request', async (_name, body, contentType) => {
    expectStatus(await rest.request('PATCH', `${configMaps}/present`, { body, contentType }), 400, 'BadRequest');
  });

  it('of a JSON patch that does not fit the object is invalid', async () => {
    const missing = [{ op: 'remove', path: '/data/none' }];
    expectStatus(await rest.patch(`${configMaps}/present`, missing, 'application/json-patch+json'), 422, 'Invalid');
    const unknown = [{ op: 'fry', path: '/data' }];
    expectStatus(await rest.patch(`${configMaps}/present`, unknown, 'application/json-patch+json'), 422, 'Invalid');
    const test = [{ op: 'test', path: '/data/a', value: '2' }];
    expectStatus(await rest.patch(`${configMaps}/present`, test, 'application/json-patch+json'), 422, 'Invalid');
  });

  it('cannot change what the object is by a patch', async () => {
    expectStatus(await rest.patch(`${configMaps}/present`, { metadata: { name: 'renamed' } }), 400, 'BadRequest');
    expectStatus(await rest.patch(`${configMaps}/present`, { kind: 'Secret' }), 400, 'BadRequest');
  });

  it('does not reach into prototypes', async () => {
    const made = await rest.request('POST', configMaps, {
      body: '{"metadata":{"name":"proto"},"data":{"__proto__":"x","constructor":"y"}}',
    });
    expect([201, 422]).toContain(made.status);
    await rest.patch(
      `${configMaps}/present`,
      '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}}',
    );
    expect((await rest.ok('GET', `${configMaps}/present`)) as object).not.toHaveProperty('polluted');
  });
});

describe('field validation', () => {
  const unknown = (name: string): object => ({ ...configMap(name), dada: { a: '1' } });

  it('refuses unknown fields when strict', async () => {
    expectStatus(
      await rest.post(`${configMaps}?fieldValidation=Strict`, unknown('s')),
      400,
      'BadRequest',
      /unknown field "dada"/,
    );
  });

  it('warns of unknown fields by default and drops them', async () => {
    const answer = await rest.post(configMaps, unknown('w'));
    expect(answer.status).toBe(201);
    expect(answer.headers.warning).toMatch(/^299 .*unknown field \\"dada\\"/);
    expect(answer.json()).not.toHaveProperty('dada');
  });

  it('is silent when told to ignore', async () => {
    const answer = await rest.post(`${configMaps}?fieldValidation=Ignore`, unknown('i'));
    expect([answer.status, answer.headers.warning]).toEqual([201, undefined]);
  });

  it('refuses duplicate keys when strict, warns by default', async () => {
    const body = '{"metadata":{"name":"dup"},"data":{"a":"1","a":"2"}}';
    expectStatus(
      await rest.request('POST', `${configMaps}?fieldValidation=Strict`, { body }),
      400,
      'BadRequest',
      /duplicate field "data\.a"|duplicate/,
    );
    const answer = await rest.request('POST', configMaps, { body });
    expect(answer.status).toBe(201);
    expect(answer.headers.warning).toMatch(/duplicate field/);
  });

  it('has no other values', async () => {
    const answer = await rest.post(`${configMaps}?fieldValidation=Maybe`, configMap('m'));
    expect([400, 422]).toContain(answer.status);
    expect(answer.json().message).toContain('fieldValidation');
  });
});

describe('a conflict', () => {
  it('of names is AlreadyExists', async () => {
    const status = expectStatus(
      await rest.post(configMaps, configMap('present')),
      409,
      'AlreadyExists',
      /"present" already exists/,
    );
    expect(status.details).toMatchObject({ name: 'present', kind: 'configmaps' });
  });

  it('of resource versions is Conflict, for PUT, PATCH and DELETE', async () => {
    const stale = { metadata: { name: 'present', resourceVersion: '1' } };
    expectStatus(await rest.put(`${configMaps}/present`, stale), 409, 'Conflict', /modified/);
    expectStatus(await rest.patch(`${configMaps}/present`, { metadata: { resourceVersion: '1' } }), 409, 'Conflict');
    const preconditions = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      preconditions: { uid: '00000000-0000-0000-0000-000000000000' },
    };
    expectStatus(await rest.delete(`${configMaps}/present`, preconditions), 409, 'Conflict');
  });

  it('of uids is Conflict', async () => {
    const other = { metadata: { name: 'present', uid: '00000000-0000-0000-0000-000000000000' } };
    expectStatus(await rest.put(`${configMaps}/present`, other), 409, 'Conflict');
  });
});

describe('a path', () => {
  it.each([
    ['a group that is not served', '/apis/nope.example.com/v1/things'],
    ['a version that is not served', '/api/v7/configmaps'],
    ['a resource that is not served', '/api/v1/namespaces/default/pods'],
    ['an object that is missing', `${configMaps}/absent`],
    ['a subresource that is missing', `${configMaps}/present/logs`],
    ['nothing known', '/nothing/here'],
  ])('to %s is not found', async (_name, path) => {
    expectStatus(await rest.get(path), 404, 'NotFound');
  });

  it('names what was not found', async () => {
    const status = expectStatus(
      await rest.get(`${configMaps}/absent`),
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
    const answer = await rest.request(method, path);
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
    const answer = await rest.get(path);
    expect([400, 403, 404]).toContain(answer.status);
    expect(answer.json().kind).toBe('Status');
    expect(answer.text).not.toContain('root:x');
  });

  it('does not lead out of its workspace', async () => {
    const answer = await rest.get('/api/v1/../../system:admin/api/v1/namespaces');
    expect([400, 403, 404]).toContain(answer.status);
  });

  it.each(['%', '%zz', 'root%2fx', '..', 'ROOT', 'root:', ':root', 'root::a', 'a'.repeat(300), 'root%00'])(
    'to the workspace %s is forbidden',
    async (cluster) => {
      const answer = await rest.at(cluster).get('/api/v1/namespaces');
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
    const answer = await rest.get(`${configMaps}?${query}`);
    expect([400, 422]).toContain(answer.status);
    expectStatus(answer, answer.status, answer.status === 400 ? 'BadRequest' : 'Invalid');
  });

  it.each(['dryRun=Some', 'dryRun=true', 'fieldManager=%0a'])(
    '%s is refused for a write and writes nothing',
    async (query) => {
      const answer = await rest.post(`${configMaps}?${query}`, configMap('by-query'));
      expect([400, 422]).toContain(answer.status);
      expect((await rest.get(`${configMaps}/by-query`)).status).toBe(404);
    },
  );
});

describe('an Accept header', () => {
  it.each(['application/xml', 'text/html'])('of %s alone is not acceptable', async (accept) => {
    expectStatus(await rest.get(configMaps, { accept }), 406, 'NotAcceptable');
  });

  it.each(['', '*/*', 'application/*', 'nonsense', 'application/json;q=0.5, */*;q=0.1', ';;;,,,'])(
    'of "%s" never breaks',
    async (accept) => {
      const answer = await rest.get(configMaps, { accept });
      expect([200, 406]).toContain(answer.status);
    },
  );
});

/** `once` would take a reset of the connection for a failure. */
function closed(socket: tls.TLSSocket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

describe('a connection', () => {
  const open = async (alpn: string): Promise<tls.TLSSocket> => {
    const socket = tls.connect({ host: '127.0.0.1', port: server.port, ca: server.ca, ALPNProtocols: [alpn] });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    return socket;
  };

  it('with huge headers is refused', async () => {
    const answer = await rest.get(configMaps, { 'x-large': 'x'.repeat(200_000) }).catch(() => undefined);
    if (answer !== undefined) expect(answer.status).toBeGreaterThanOrEqual(400);
    rest.close();
    rest = Rest.connect(server, 'root');
    const socket = await open('http/1.1');
    socket.write(`GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(200_000)}\r\n\r\n`);
    socket.resume();
    await within(10_000, 'the end of the connection', closed(socket));
  });

  it('that is not HTTP is closed', async () => {
    const socket = await open('http/1.1');
    socket.resume();
    socket.write('SSH-2.0-OpenSSH_9.9\r\n\r\n');
    await within(10_000, 'the end of the connection', closed(socket));
  });

  it('that sends half a body and goes away leaves nothing', async () => {
    const socket = await open('http/1.1');
    const token = server.adminToken();
    socket.write(
      `POST /clusters/root${configMaps} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"metadata":{"name":"half"}`,
    );
    socket.destroySoon();
    const stream = rest.open('POST', configMaps, {
      body: undefined,
      headers: { 'content-type': 'application/json', 'content-length': '500' },
    });
    stream.on('error', () => undefined);
    stream.close();
    expect((await rest.get(`${configMaps}/half`)).status).toBe(404);
  });

  it('over HTTP/1.1 gets the same answers', async () => {
    const agent = new https.Agent({ ca: server.ca, keepAlive: false });
    const text = await new Promise<string>((resolve, reject) => {
      const headers = { authorization: `Bearer ${server.adminToken()}` };
      https
        .get(`${server.url}/clusters/root${configMaps}/absent`, { agent, headers }, (response) => {
          let body = '';
          response.on('data', (chunk) => {
            body += String(chunk);
          });
          response.on('end', () => resolve(body));
        })
        .on('error', reject);
    });
    expect(text).toBe((await rest.get(`${configMaps}/absent`)).text);
  });
});
