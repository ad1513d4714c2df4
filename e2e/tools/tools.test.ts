import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { findKubectl } from './tools.ts';

const run = promisify(execFile);
const kubectl = findKubectl();

describe('the kubectl binaries', () => {
  it.skipIf(!kubectl.current.found)('report the current release by its own version', async () => {
    expect(await clientMinor(kubectl.current)).toBeGreaterThanOrEqual(34);
  });

  it.skipIf(!kubectl.old.found)('include one of 2021', async () => {
    expect(await clientMinor(kubectl.old)).toBe(20);
  });

  it('are a reason to skip where they are missing, and an error in continuous integration', () => {
    const absent = { KUBECTL: '/nonexistent/kubectl', KUBECTL_OLD: '/nonexistent/kubectl' };
    expect(findKubectl(absent).current).toEqual({
      found: false,
      reason: expect.stringContaining('provision-tools.sh'),
    });
    expect(() => findKubectl({ ...absent, CI: 'true' })).toThrow('/nonexistent/kubectl is missing');
  });
});

async function clientMinor(tool: { found: true; path: string } | { found: false }): Promise<number> {
  if (!tool.found) throw new Error('kubectl is missing');
  const { stdout } = await run(tool.path, ['version', '--client', '--output=json']);
  return Number.parseInt(JSON.parse(stdout).clientVersion.minor, 10);
}
