import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../scripts/node-runtime.mjs';
import { CanopyProcess } from '../harness/canopy-process.ts';
import { runUntilRefused } from '../harness/flood.ts';
import { runProgram } from '../harness/run-program.ts';

const buildDeadlineMs = 600_000;

function hasGo(): boolean {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env.CI) throw new Error('go is missing');
    return false;
  }
}

describe.skipIf(!hasGo())('client-go', () => {
  const program = path.join(root, '.cache', 'bin', 'go-client');
  let server: CanopyProcess;

  beforeAll(async () => {
    mkdirSync(path.dirname(program), { recursive: true });
    const build = await runProgram('go', ['build', '-mod=readonly', '-buildvcs=false', '-o', program, '.'], {
      cwd: path.join(import.meta.dirname, 'go'),
      env: { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local' },
      timeout: buildDeadlineMs,
    });
    if (build.code !== 0) throw new Error(build.stderr);
    server = await CanopyProcess.start();
  }, buildDeadlineMs);
  afterAll(() => server?.dispose());

  it('reads, writes and watches over protobuf, discovers, and handles custom resources', async () => {
    const result = await runProgram(program, [server.kubeconfig]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toContain('find the custom object');
  });

  it('is told by a flooded server to come back, and does', { timeout: 300_000 }, async () => {
    const result = await runUntilRefused(server, { program, args: [server.kubeconfig, 'refused'], flooded: 'writes' });
    expect(result).toMatchObject({ code: 0 });
    expect(result.stdout).toContain('POST: 429 Too Many Requests, Retry-After: 1\n');
    expect(result.stdout).toContain('created after all');
  });

  it('lists on, or anew, when the next page of a list comes too late', async () => {
    const forgetful = await CanopyProcess.start({ flags: ['--history-changes', '5', '--history-seconds', '1'] });
    try {
      const result = await runProgram(program, [forgetful.kubeconfig, 'expired'], { timeout: 60_000 });
      expect(result).toMatchObject({ code: 0, stderr: '' });
      expect(result.stdout).toContain('have it begin anew and find everything');
    } finally {
      await forgetful.dispose();
    }
  });

  it('resumes an informer that was cut off, and begins anew when the history is gone', async () => {
    const forgetful = await CanopyProcess.start({ flags: ['--history-changes', '5', '--history-seconds', '1'] });
    try {
      const result = await runProgram(program, [forgetful.kubeconfig, 'resume'], { timeout: 60_000 });
      expect(result).toMatchObject({ code: 0 });
      expect(result.stdout).toContain('have everything');
    } finally {
      await forgetful.dispose();
    }
  });
});
