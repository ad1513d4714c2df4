import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseOptions, UsageError } from '../options/parse-options.ts';
import { type EtcdConfig, etcdConfig } from './etcd-config.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'canopy-etcd-config-'));
  for (const name of ['ca', 'cert', 'key']) writeFileSync(path.join(directory, `${name}.pem`), `the ${name}`);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function configOf(...flags: string[]): EtcdConfig | undefined {
  return etcdConfig(parseOptions(flags, {}), directory);
}

const one = ['--etcd-servers', 'http://127.0.0.1:2379'];
const secure = ['--etcd-servers', 'https://etcd:2379', '--etcd-cafile', 'ca.pem'];

describe('flags of etcd', () => {
  it('are none without --etcd-servers', () => {
    expect(configOf()).toBeUndefined();
  });

  it('name one endpoint or several, and come from the environment too', () => {
    expect(configOf(...one)).toEqual({ endpoints: ['http://127.0.0.1:2379'], tls: undefined, prefix: '/canopy' });
    expect(configOf('--etcd-servers', 'http://a:1/, http://[::1]:2')?.endpoints).toEqual([
      'http://a:1',
      'http://[::1]:2',
    ]);
    const environment = { CANOPY_ETCD_SERVERS: 'http://a:1', CANOPY_ETCD_PREFIX: '/other/' };
    expect(etcdConfig(parseOptions([], environment), directory)).toMatchObject({
      endpoints: ['http://a:1'],
      prefix: '/other',
    });
  });

  it('name the files of TLS, relative to the working directory', () => {
    expect(configOf(...secure)?.tls).toEqual({ ca: 'the ca' });
    const pair = ['--etcd-certfile', 'cert.pem', '--etcd-keyfile', path.join(directory, 'key.pem')];
    expect(configOf(...secure, ...pair)?.tls).toEqual({ ca: 'the ca', cert: 'the cert', key: 'the key' });
  });

  it.each([
    [['--etcd-cafile', 'ca.pem'], '--etcd-cafile needs --etcd-servers'],
    [['--etcd-keyfile', 'key.pem'], '--etcd-keyfile needs --etcd-servers'],
    [['--etcd-servers', '127.0.0.1:2379'], 'must be URLs like http://127.0.0.1:2379, not "127.0.0.1:2379"'],
    [['--etcd-servers', 'unix:///run/etcd'], 'must be URLs like http://127.0.0.1:2379, not "unix:///run/etcd"'],
    [['--etcd-servers', 'http://a:1,'], 'must be URLs like http://127.0.0.1:2379, not ""'],
    [['--etcd-servers', 'http://a:1/path'], 'must be URLs like http://127.0.0.1:2379, not "http://a:1/path"'],
    [['--etcd-servers', 'http://a:1,https://b:1'], 'must be all http or all https'],
    [['--etcd-servers', 'https://a:1'], 'https etcd endpoints need --etcd-cafile'],
    [[...secure, '--etcd-certfile', 'cert.pem'], '--etcd-certfile and --etcd-keyfile go together'],
    [[...secure, '--etcd-keyfile', 'key.pem'], '--etcd-certfile and --etcd-keyfile go together'],
    [[...one, '--etcd-cafile', 'ca.pem'], 'are for https endpoints'],
    [['--etcd-servers', 'https://a:1', '--etcd-cafile', 'missing.pem'], '--etcd-cafile: ENOENT'],
    [[...one, '--etcd-prefix', 'canopy'], '--etcd-prefix must start with / and be more than that, not "canopy"'],
    [[...one, '--etcd-prefix', '/'], '--etcd-prefix must start with / and be more than that, not "/"'],
    [[...one, '--etcd-prefix', '/a b'], '--etcd-prefix must start with / and be more than that, not "/a b"'],
  ])('%j are refused: %s', (flags, words) => {
    expect(() => configOf(...flags)).toThrow(UsageError);
    expect(() => configOf(...flags)).toThrow(words);
  });

  it('leave no embedded database unused unasked', () => {
    writeFileSync(path.join(directory, 'canopy.db'), '');
    expect(() => configOf(...one, '--root-directory', '.')).toThrow('holds an embedded database');
    expect(configOf(...one, '--root-directory', 'elsewhere')).toBeDefined();
  });
});
