import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess } from '../harness/canopy-process.ts';
import { runUntilRefused } from '../harness/flood.ts';
import { currentKubectl, type Kubectl, kubectlMissing } from '../harness/kubectl.ts';

describe.skipIf(kubectlMissing)('kubectl at a server that has too much to do', () => {
  let server: CanopyProcess;
  let kubectl: Kubectl;

  beforeAll(async () => {
    server = await CanopyProcess.start();
    kubectl = currentKubectl({ server, cluster: 'root', token: server.adminToken() });
  });
  afterAll(() => server?.dispose());

  it('is told to come back, and does', { timeout: 300_000 }, async () => {
    const command = kubectl.command(['get', '--raw', '/api/v1/namespaces/default', '--v=9']);
    const { code, stdout, stderr } = await runUntilRefused(server, command);
    expect(code).toBe(0);
    expect(stderr).toContain('Retry-After');
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'Namespace', metadata: { name: 'default' } });
  });
});
