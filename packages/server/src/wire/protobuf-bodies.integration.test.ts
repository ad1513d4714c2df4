import { type ApiAnswer, type RunningServer, startServer } from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const contentType = 'application/vnd.kubernetes.protobuf';
let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ users: [{ name: 'alice' }] });
});

afterAll(() => server.stop());

// Wire format: https://protobuf.dev/programming-guides/encoding/; the messages are those of the k8s.io/api module.

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

/** Field `number` of wire type 2: text, bytes or a message. */
function field(number: number, value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function boolean(number: number, value: boolean): Buffer {
  return Buffer.concat([varint(number * 8), varint(value ? 1 : 0)]);
}

function message(...fields: Buffer[]): Buffer {
  return Buffer.concat(fields);
}

/** `runtime.Unknown` behind the four magic bytes. */
function envelope(apiVersion: string, kind: string, raw: Buffer): Buffer {
  return message(Buffer.from('k8s\0'), field(1, message(field(1, apiVersion), field(2, kind))), field(2, raw));
}

const named = (name: string, ...more: Buffer[]): Buffer => field(1, message(field(1, name), ...more));
const entry = (key: string, value: string | Uint8Array): Buffer => message(field(1, key), field(2, value));

function post(path: string, body: Buffer, user = server.admin): Promise<ApiAnswer> {
  return user.call('POST', path, body, { contentType });
}

describe('a body in protobuf', () => {
  it('makes a ConfigMap, with labels, text and bytes', async () => {
    const raw = message(
      named('from-protobuf', field(11, entry('team', 'blue'))),
      field(2, entry('greeting', 'grüezi')),
      field(2, entry('empty', '')),
      field(3, entry('blob', Buffer.from([0, 255, 128]))),
      boolean(4, true),
    );
    const answer = await post('/api/v1/namespaces/default/configmaps', envelope('v1', 'ConfigMap', raw));
    expect(answer.status).toBe(201);
    const stored = await server.admin.ok('GET', '/api/v1/namespaces/default/configmaps/from-protobuf');
    expect(stored).toMatchObject({
      metadata: { labels: { team: 'blue' } },
      data: { greeting: 'grüezi', empty: '' },
      binaryData: { blob: 'AP+A' },
      immutable: true,
    });
  });

  it('makes a Secret whose stringData become data', async () => {
    const raw = message(
      named('from-protobuf'),
      field(2, entry('key', Buffer.from('value'))),
      field(3, 'example.com/kind'),
      field(4, entry('plain', 'text')),
    );
    expect((await post('/api/v1/namespaces/default/secrets', envelope('v1', 'Secret', raw))).status).toBe(201);
    const stored = await server.admin.ok('GET', '/api/v1/namespaces/default/secrets/from-protobuf');
    expect(stored).toMatchObject({ type: 'example.com/kind', data: { key: 'dmFsdWU=', plain: 'dGV4dA==' } });
    expect(stored.stringData).toBeUndefined();
  });

  it('asks what somebody may do', async () => {
    const review = (verb: string): Buffer => {
      const attributes = message(field(1, 'default'), field(2, verb), field(5, 'secrets'));
      return envelope('authorization.k8s.io/v1', 'SelfSubjectAccessReview', field(2, field(1, attributes)));
    };
    const at = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const [mine, theirs] = await Promise.all([post(at, review('get')), post(at, review('get'), server.user('alice'))]);
    expect(mine.json()).toMatchObject({
      spec: { resourceAttributes: { namespace: 'default', verb: 'get', resource: 'secrets' } },
      status: { allowed: true },
    });
    expect(theirs.json()).toMatchObject({ status: { allowed: false } });
  });

  it.each([
    ['without the magic bytes', Buffer.from('hello')],
    ['that ends within a field', envelope('v1', 'ConfigMap', named('x')).subarray(0, -2)],
    ['of another kind', envelope('v1', 'Secret', named('x'))],
    ['with a length beyond its end', message(Buffer.from('k8s\0'), Buffer.from([0x12, 0xff, 0xff, 0xff, 0xff, 0x0f]))],
    ['with an endless number', message(Buffer.from('k8s\0'), Buffer.alloc(12, 0xff))],
    ['that is empty', Buffer.alloc(0)],
  ])('%s is refused as malformed', async (_what, body) => {
    const answer = await post('/api/v1/namespaces/default/configmaps', body);
    expect([answer.status, answer.json().reason]).toEqual([400, 'BadRequest']);
  });
});
