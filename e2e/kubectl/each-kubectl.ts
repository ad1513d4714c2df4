import { afterAll, beforeAll, describe } from 'vitest';
import { CanopyProcess } from '../harness/canopy-process.ts';
import { type Kubectl, kubectlVersions, openKubectl } from '../harness/kubectl.ts';
import { eventually } from '../harness/poll.ts';
import { Rest } from '../harness/rest.ts';

export interface GivenKubectl {
  /** Of the version 1.x. */
  minor: number;
  /** A workspace for this kubectl alone, so that all may use the same names. */
  cluster: string;
  /** The program, aimed at the workspace. From the first `beforeAll` on. */
  kubectl(): Kubectl;
}

/** Has `define` define the tests for each kubectl that there is, on one server. For the top of a test file. */
export function describeEachKubectl(define: (given: GivenKubectl) => void): void {
  let server: CanopyProcess;
  beforeAll(async () => {
    server = await CanopyProcess.start();
  });
  afterAll(() => server.dispose());

  for (const { name, minor, tool } of kubectlVersions()) {
    describe.skipIf(!tool.found)(name, () => {
      const cluster = `root:kubectl-${minor}`;
      let kubectl: Kubectl;
      beforeAll(async () => {
        const rest = Rest.connect(server, 'root');
        const metadata = { name: `kubectl-${minor}` };
        await rest.ok('POST', '/apis/tenancy.kcp.io/v1alpha1/workspaces', { metadata });
        await eventually(async () => (await rest.at(cluster).get('/api/v1/namespaces/default')).status === 200);
        rest.close();
        kubectl = openKubectl(tool, { server, cluster });
      });
      define({ minor, cluster, kubectl: () => kubectl });
    });
  }
}

export function configMap(
  name: string,
  data: Record<string, string> = { a: '1' },
  labels?: Record<string, string>,
): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data };
}
