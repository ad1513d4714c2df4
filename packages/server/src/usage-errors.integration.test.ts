import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completeConfig } from './config/complete-config.ts';
import { parseOptions, UsageError } from './options/parse-options.ts';
import { run } from './run.ts';

let directory: string;
let blocker: Server;
let takenPort: number;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'canopy-usage-'));
  const write = (name: string, text: string): void => writeFileSync(path.join(directory, name), text);
  write('a-file', '');
  write('bad-tokens.csv', 'only-a-token\n');
  write('no-policy.yaml', 'kind: Something\n');
  write('no-rules.yaml', 'apiVersion: audit.k8s.io/v1\nkind: Policy\n');
  write('bad-level.yaml', 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Loud\n');
  write('bad-list.yaml', 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n  users: me\n');
  write('not-yaml.yaml', '{: [');
  write('no-cert.pem', 'nothing here\n');
  mkdirSync(path.join(directory, 'root'));
  blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  takenPort = (blocker.address() as { port: number }).port;
});

afterAll(async () => {
  await new Promise((resolve) => blocker.close(resolve));
  rmSync(directory, { recursive: true, force: true });
});

async function failure(flags: readonly string[], environment: Record<string, string> = {}): Promise<string> {
  const all = ['--root-directory', 'root', '--secure-port', '0', '--log-level', 'silent', ...flags];
  try {
    const server = await run({ config: completeConfig(parseOptions(all, environment), directory) });
    await server.stop();
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'it started';
}

describe('wrong flags stop the start with one line that names them', () => {
  it.each([
    [['start'], 'unexpected argument "start"'],
    [['--no-such-flag', 'x'], 'unknown flag --no-such-flag'],
    [['--shard-name'], 'flag --shard-name needs a value'],
    [['--bind-address', 'localhost'], '--bind-address must be an IP address, not "localhost"'],
    [['--secure-port', '65536'], '--secure-port must be a number from 0 to 65535, not "65536"'],
    [['--secure-port', '-1'], '--secure-port must be a number from 0 to 65535, not "-1"'],
    [['--secure-port=http'], '--secure-port must be a number from 0 to 65535, not "http"'],
    [['--shard-name', 'Root'], '--shard-name must be a DNS label, not "Root"'],
    [['--log-level', 'loud'], '--log-level must be one of trace, debug, info, warn, error, silent'],
    [['--token-auth-file', 'missing.csv'], '--token-auth-file: ENOENT'],
    [['--request-timeout', '60'], '--request-timeout must be like 1m0s, not "60"'],
    [['--request-timeout', '-1s'], '--request-timeout must be like 1m0s, not "-1s"'],
    [['--history-changes', 'many'], '--history-changes must be a number'],
    [['--history-seconds', '-1'], '--history-seconds'],
    [['--client-ca-file', 'missing.pem'], '--client-ca-file: ENOENT'],
    [['--audit-policy-file', 'missing.yaml'], '--audit-policy-file: ENOENT'],
    [['--root-directory', 'a-file'], 'cannot use the root directory'],
    [['--root-directory', 'a-file/below'], 'cannot use the root directory'],
    [['--token-auth-file', 'bad-tokens.csv'], 'bad-tokens.csv: '],
    [['--audit-policy-file', 'no-policy.yaml'], '--audit-policy-file needs --audit-log-path'],
    [['--audit-log-path', 'a.log', '--audit-policy-file', 'no-policy.yaml'], 'must be an audit.k8s.io/v1 Policy'],
    [['--audit-log-path', 'a.log', '--audit-policy-file', 'no-rules.yaml'], 'a list with at least one rule'],
    [['--audit-log-path', 'a.log', '--audit-policy-file', 'bad-level.yaml'], 'rules[0].level must be one of None'],
    [['--audit-log-path', 'a.log', '--audit-policy-file', 'bad-list.yaml'], 'rules[0].users must be a list'],
    [['--audit-log-path', 'a.log', '--audit-policy-file', 'not-yaml.yaml'], 'not-yaml.yaml: '],
    [['--client-ca-file', 'no-cert.pem'], '--client-ca-file'],
    [['--bind-address', '203.0.113.7'], 'cannot listen on 203.0.113.7:0'],
  ])('%j', async (flags, message) => {
    expect(await failure(flags)).toContain(message);
  });

  it('a port that somebody else has', async () => {
    expect(await failure(['--secure-port', String(takenPort)])).toBe(
      `port ${takenPort} on 127.0.0.1 is taken; choose another with --secure-port`,
    );
  });

  it('a wrong environment variable, unless a flag says otherwise', async () => {
    expect(await failure([], { CANOPY_SHARD_NAME: 'Not A Label' })).toContain('--shard-name must be a DNS label');
    expect(await failure(['--shard-name', 'fine'], { CANOPY_SHARD_NAME: 'Not A Label' })).toBe('it started');
  });
});
