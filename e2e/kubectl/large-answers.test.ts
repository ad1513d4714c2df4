import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess } from '../harness/canopy-process.ts';
import { currentKubectl, type Kubectl, kubectlMissing } from '../harness/kubectl.ts';
import { Rest } from '../harness/rest.ts';

describe.skipIf(kubectlMissing)('answers that are cached, compressed or streamed', () => {
  let server: CanopyProcess;
  let rest: Rest;
  let kubectl: Kubectl;

  beforeAll(async () => {
    server = await CanopyProcess.start();
    rest = Rest.connect(server, 'root');
    kubectl = currentKubectl({ server, cluster: 'root' });
  });
  afterAll(async () => {
    rest?.close();
    await server?.dispose();
  });

  /** What kubectl says of its exchanges with the server. */
  async function responsesOf(args: readonly string[]): Promise<{ url: string; fromCache: boolean }[]> {
    const { stderr, code } = await kubectl.try([...args, '--v=9']);
    expect(code).toBe(0);
    return stderr
      .split('"Response" ')
      .slice(1)
      .map((text) => ({
        url: /url="([^"?]*)/.exec(text)?.[1]?.replace(/^.*\/clusters\/root/, '') ?? '',
        fromCache: text.includes('X-From-Cache: 1'),
      }));
  }

  it('lets kubectl keep discovery while it is the same, and no longer', async () => {
    expect(await responsesOf(['api-resources'])).toEqual([
      { url: '/api', fromCache: false },
      { url: '/apis', fromCache: false },
    ]);
    expect(await responsesOf(['api-resources'])).toEqual([
      { url: '/api', fromCache: true },
      { url: '/apis', fromCache: true },
    ]);
    await rest.ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: 'late.example.io' },
      spec: {
        group: 'example.io',
        names: { plural: 'late', kind: 'Late' },
        scope: 'Namespaced',
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
    await kubectl.run(['wait', '--for=condition=Established', 'crd/late.example.io']);
    expect(await responsesOf(['api-resources'])).toEqual([
      { url: '/api', fromCache: true },
      { url: '/apis', fromCache: false },
    ]);
    expect(await kubectl.run(['api-resources', '-o', 'name'])).toContain('late.example.io');
  });

  it('lets kubectl keep an OpenAPI document for good', async () => {
    const document = '/openapi/v3/api/v1';
    const first = await responsesOf(['explain', 'configmaps']);
    expect(first).toContainEqual({ url: document, fromCache: false });
    expect(await responsesOf(['explain', 'configmaps'])).toContainEqual({ url: document, fromCache: true });
  });

  it('gives kubectl a list in one answer, compressed and streamed', async () => {
    const names = Array.from({ length: 700 }, (_, i) => `c-${String(i).padStart(3, '0')}`);
    const path = '/api/v1/namespaces/default/configmaps';
    for (let at = 0; at < names.length; at += 100)
      await Promise.all(
        names
          .slice(at, at + 100)
          .map((name) => rest.ok('POST', path, { metadata: { name }, data: { text: 'x'.repeat(400) } })),
      );
    const answer = await rest.get(path, { 'accept-encoding': 'identity' });
    expect([answer.headers['content-encoding'], answer.headers['content-length']]).toEqual([undefined, undefined]);
    const printed = await kubectl.run(['get', 'configmaps', '--chunk-size=0', '-o', 'name', '-n', 'default']);
    expect(
      printed
        .trim()
        .split('\n')
        .filter((line) => line.includes('/c-')),
    ).toEqual(names.map((name) => `configmap/${name}`));
  });
});
