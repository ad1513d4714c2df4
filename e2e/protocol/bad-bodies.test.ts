import { describe, expect, it } from 'vitest';
import { configMap, configMaps, expectStatus, useSteadyServer } from './steady-server.ts';

const steady = useSteadyServer();

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
    expectStatus(
      await steady.rest.request('POST', configMaps, { body, contentType: 'application/json' }),
      400,
      'BadRequest',
    );
  });

  it('of another kind is a bad request', async () => {
    const answer = await steady.rest.post(configMaps, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } });
    expectStatus(answer, 400, 'BadRequest', /Secret|ConfigMap/);
  });

  it('of another version is a bad request', async () => {
    expectStatus(
      await steady.rest.post(configMaps, { apiVersion: 'v2', kind: 'ConfigMap', metadata: { name: 'x' } }),
      400,
      'BadRequest',
    );
  });

  it('for another namespace than the path is a bad request', async () => {
    const answer = await steady.rest.post(configMaps, { metadata: { name: 'x', namespace: 'other' } });
    expectStatus(answer, 400, 'BadRequest', /namespace/);
  });

  it('with another name than the path is a bad request', async () => {
    expectStatus(await steady.rest.put(`${configMaps}/present`, configMap('absent')), 400, 'BadRequest', /name/);
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
    const answer = await steady.rest.post(configMaps, body);
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
    expectStatus(await steady.rest.post(configMaps, configMap(name)), 422, 'Invalid', /metadata\.name/);
  });

  it('without a name is invalid', async () => {
    expectStatus(await steady.rest.post(configMaps, { data: {} }), 422, 'Invalid', /name/);
  });

  it('of more than the limit is too large, announced or not', async () => {
    const big = JSON.stringify(configMap('big', { data: { a: 'x'.repeat(4 << 20) } }));
    expectStatus(await steady.rest.request('POST', configMaps, { body: big }), 413, 'RequestEntityTooLarge');
    expectStatus(
      await steady.rest.request('POST', configMaps, { body: big, headers: { 'content-length': String(big.length) } }),
      413,
      'RequestEntityTooLarge',
    );
  });

  it.each([
    ['objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['lists', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
  ])('with 10,000 levels of %s is refused', async (_name, deep) => {
    const answer = await steady.rest.request('POST', configMaps, {
      body: `{"metadata":{"name":"deep"},"data":{"a":${deep}}}`,
    });
    expect([400, 413, 422]).toContain(answer.status);
    const patch = await steady.rest.request('PATCH', `${configMaps}/present`, {
      body: `{"data":{"a":${deep}}}`,
      contentType: 'application/merge-patch+json',
    });
    expect([400, 413, 422]).toContain(patch.status);
    const yaml = await steady.rest.request('POST', configMaps, {
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
    expectStatus(
      await steady.rest.request('POST', configMaps, { body, contentType: 'application/yaml' }),
      400,
      'BadRequest',
    );
  });

  it('of a media type that is not understood is refused with those that are', async () => {
    const answer = await steady.rest.request('POST', configMaps, { body: '<a/>', contentType: 'application/xml' });
    expectStatus(answer, 415, 'UnsupportedMediaType', /application\/json/);
  });

  it('of a patch needs a patch type', async () => {
    const answer = await steady.rest.request('PATCH', `${configMaps}/present`, {
      body: {},
      contentType: 'application/json',
    });
    expectStatus(answer, 415, 'UnsupportedMediaType', /merge-patch\+json/);
  });

  it.each([
    ['a JSON patch that is no list', {}, 'application/json-patch+json'],
    ['a merge patch that is a list', [], 'application/merge-patch+json'],
    ['a broken document', '{"data":', 'application/merge-patch+json'],
  ])('of a patch that is %s is a bad request', async (_name, body, contentType) => {
    expectStatus(await steady.rest.request('PATCH', `${configMaps}/present`, { body, contentType }), 400, 'BadRequest');
  });

  it('of a JSON patch that does not fit the object is invalid', async () => {
    const missing = [{ op: 'remove', path: '/data/none' }];
    expectStatus(
      await steady.rest.patch(`${configMaps}/present`, missing, 'application/json-patch+json'),
      422,
      'Invalid',
    );
    const unknown = [{ op: 'fry', path: '/data' }];
    expectStatus(
      await steady.rest.patch(`${configMaps}/present`, unknown, 'application/json-patch+json'),
      422,
      'Invalid',
    );
    const test = [{ op: 'test', path: '/data/a', value: '2' }];
    expectStatus(await steady.rest.patch(`${configMaps}/present`, test, 'application/json-patch+json'), 422, 'Invalid');
  });

  it('cannot change what the object is by a patch', async () => {
    expectStatus(
      await steady.rest.patch(`${configMaps}/present`, { metadata: { name: 'renamed' } }),
      400,
      'BadRequest',
    );
    expectStatus(await steady.rest.patch(`${configMaps}/present`, { kind: 'Secret' }), 400, 'BadRequest');
  });

  it('does not reach into prototypes', async () => {
    const made = await steady.rest.request('POST', configMaps, {
      body: '{"metadata":{"name":"proto"},"data":{"__proto__":"x","constructor":"y"}}',
    });
    expect([201, 422]).toContain(made.status);
    await steady.rest.patch(
      `${configMaps}/present`,
      '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}}',
    );
    expect((await steady.rest.ok('GET', `${configMaps}/present`)) as object).not.toHaveProperty('polluted');
  });
});

describe('field validation', () => {
  const unknown = (name: string): object => ({ ...configMap(name), dada: { a: '1' } });

  it('refuses unknown fields when strict', async () => {
    expectStatus(
      await steady.rest.post(`${configMaps}?fieldValidation=Strict`, unknown('s')),
      400,
      'BadRequest',
      /unknown field "dada"/,
    );
  });

  it('warns of unknown fields by default and drops them', async () => {
    const answer = await steady.rest.post(configMaps, unknown('w'));
    expect(answer.status).toBe(201);
    expect(answer.headers.warning).toMatch(/^299 .*unknown field \\"dada\\"/);
    expect(answer.json()).not.toHaveProperty('dada');
  });

  it('is silent when told to ignore', async () => {
    const answer = await steady.rest.post(`${configMaps}?fieldValidation=Ignore`, unknown('i'));
    expect([answer.status, answer.headers.warning]).toEqual([201, undefined]);
  });

  it('refuses duplicate keys when strict, warns by default', async () => {
    const body = '{"metadata":{"name":"dup"},"data":{"a":"1","a":"2"}}';
    expectStatus(
      await steady.rest.request('POST', `${configMaps}?fieldValidation=Strict`, { body }),
      400,
      'BadRequest',
      /duplicate field "data\.a"|duplicate/,
    );
    const answer = await steady.rest.request('POST', configMaps, { body });
    expect(answer.status).toBe(201);
    expect(answer.headers.warning).toMatch(/duplicate field/);
  });

  it('has no other values', async () => {
    const answer = await steady.rest.post(`${configMaps}?fieldValidation=Maybe`, configMap('m'));
    expect([400, 422]).toContain(answer.status);
    expect(answer.json().message).toContain('fieldValidation');
  });
});
