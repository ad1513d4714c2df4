import { describe, expect, it } from 'vitest';
import { parseOptions } from '../options/parse-options.ts';
import { completeConfig } from './complete-config.ts';

const config = (...flags: string[]) => completeConfig(parseOptions(flags, {}), '/nowhere');

describe('the URLs of a shard', () => {
  it('are the server’s own unless asked for', () => {
    expect(config().shardExternalUrl).toBeUndefined();
    expect(config('--shard-external-url', 'https://kcp.example:8443/').shardExternalUrl).toBe(
      'https://kcp.example:8443',
    );
    expect(config('--shard-virtual-workspace-url=https://[::1]:1').shardVirtualWorkspaceUrl).toBe('https://[::1]:1');
  });

  it.each(['kcp.example', 'http://kcp.example', 'https://kcp.example/path', 'https://a@kcp.example', 'https://h/?a=b'])(
    'cannot be %s',
    (url) => {
      expect(() => config('--shard-external-url', url)).toThrow('--shard-external-url must be like https://host:port');
    },
  );
});
