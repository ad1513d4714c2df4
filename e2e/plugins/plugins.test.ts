import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess, canopy, temporaryDirectory } from '../harness/canopy-process.ts';
import { runProgram } from '../harness/run-program.ts';
import { findKubectl } from '../tools/tools.ts';

const bin = path.resolve('bin');
const { current } = findKubectl();

let server: CanopyProcess;
let kubeconfig: string;
const home = temporaryDirectory();

beforeAll(async () => {
  server = await CanopyProcess.start();
  kubeconfig = path.join(home.path, 'kubeconfig');
  copyFileSync(server.kubeconfig, kubeconfig);
});

afterAll(async () => {
  await server?.dispose();
  home.remove();
});

/** kubectl with our plugins on its PATH; `args` as one would type them. */
async function kubectl(args: string, stdin?: string) {
  if (!current.found) throw new Error(current.reason);
  return runProgram(current.path, args.split(' '), {
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, KUBECONFIG: kubeconfig, HOME: home.path },
    ...(stdin === undefined ? {} : { stdin }),
  });
}

async function output(args: string, stdin?: string): Promise<string> {
  const result = await kubectl(args, stdin);
  if (result.code !== 0) throw new Error(`kubectl ${args}: ${result.stderr}${result.stdout}`);
  return result.stdout;
}

const crd = JSON.stringify({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    names: { plural: 'widgets', kind: 'Widget' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object' } } } },
      },
    ],
  },
});

describe.skipIf(!current.found)('the kubectl plugins', () => {
  it('create workspaces and walk the tree', async () => {
    expect(await output('ws .')).toBe("Current workspace is 'root' (type root).\n");
    expect(await output('create workspace org --enter')).toBe(
      'Workspace "org" (type root:organization) created. Waiting for it to be ready...\n' +
        'Workspace "org" (type root:organization) is ready to use.\n' +
        "Current workspace is 'root:org' (type root:organization).\n",
    );
    await output('create workspace team --type universal');
    expect(await output('ws team')).toBe("Current workspace is 'root:org:team' (type root:universal).\n");
    expect(await output('ws ..')).toBe("Current workspace is 'root:org' (type root:organization).\n");
    expect(await output('ws -')).toBe("Current workspace is 'root:org:team' (type root:universal).\n");
    expect(await output('ws :root')).toBe("Current workspace is 'root' (type root).\n");
    expect(await output('ws tree')).toBe('.\n└── root\n    └── org\n        └── team\n');
    expect(await output('ws org:team --short')).toBe('root:org:team\n');
    await output('ws :root');
  });

  it('complete the names of workspaces', async () => {
    expect(await output('__complete ws or')).toBe('org\n:6\n');
    expect(await output('__complete ws org:')).toBe('org:team\n:6\n');
  });

  it('say what they cannot reach', async () => {
    expect(await kubectl('ws nowhere')).toMatchObject({
      code: 1,
      stderr: 'Error: workspace "root:nowhere" not found\n',
    });
    expect(await kubectl('ws ..')).toMatchObject({ code: 1, stderr: 'Error: cannot go up from root\n' });
    expect(await kubectl('ws A')).toMatchObject({ code: 1, stderr: 'Error: invalid workspace path: A\n' });
    expect(await kubectl('create workspace org')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('already exists'),
    });
    expect(await output('create workspace org --ignore-existing')).toContain('already exists');
  });

  it('go home, and back', async () => {
    const there = await kubectl('ws');
    expect(there.stderr).toContain("Note: 'kubectl ws' now matches 'cd' semantics");
    expect(there.stdout).toMatch(/^Current workspace is '[0-9a-z]{8,13}'/);
    expect(await output('ws -')).toContain("'root'");
  });

  it('keep a context for a workspace', async () => {
    expect(await output('ws create-context mine')).toBe('Created context "mine" and switched to it.\n');
    expect(await kubectl('ws create-context mine')).toMatchObject({
      code: 1,
      stderr: 'Error: context "mine" already exists in kubeconfig, use --overwrite to update it\n',
    });
    expect(await output('config current-context')).toBe('mine\n');
    await output('config use-context root');
  });

  it('make a schema of a CRD, export it and bind it elsewhere', async () => {
    await output('create workspace provider --type organization');
    await output('create workspace consumer --type organization');
    await output('ws provider');
    const schema = await output('kcp crd snapshot -f - --prefix v1', crd);
    expect(schema).toContain('name: v1.widgets.example.com');
    await output('apply -f -', schema.replace(/---\n$/, ''));
    await output(
      'apply -f -',
      JSON.stringify({
        apiVersion: 'apis.kcp.io/v1alpha2',
        kind: 'APIExport',
        metadata: { name: 'widgets' },
        spec: {
          resources: [
            { name: 'widgets', group: 'example.com', schema: 'v1.widgets.example.com', storage: { crd: {} } },
          ],
          permissionClaims: [{ resource: 'secrets', verbs: ['get'] }],
        },
      }),
    );
    await output('ws :root:consumer');
    expect(await output('kcp bind apiexport root:provider:widgets')).toBe(
      'apibinding widgets created. Waiting to successfully bind ...\nwidgets created and bound.\n',
    );
    expect(await output('kcp claims get apibinding')).toMatch(/widgets +secrets +get +Unanswered/);
    expect((await kubectl('ws .')).code).toBe(0);
    expect((await kubectl('ws :root:consumer')).stderr).toContain(
      'claim for secrets exported but not specified on APIBinding widgets',
    );
    expect(await output('kcp claims accept widgets')).toBe('claim "secrets" on APIBinding "widgets" is accepted\n');
    expect(await output('kcp claims get apibinding widgets')).toMatch(/widgets +secrets +get +Accepted/);
    expect(await output('get widgets')).toBe('');
    expect(await kubectl('kcp bind apiexport root:provider:missing --timeout 1s')).toMatchObject({ code: 1 });
    expect(await kubectl('kcp bind apiexport widgets')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('fully qualified reference to workspace where APIExport exists is required'),
    });
    await output('ws :root');
  });

  it('set up the quickstart and remove it', async () => {
    expect(await output('kcp quickstart --with-samples --name-prefix q')).toContain(
      "Quickstart complete! Here's what was created:",
    );
    await output('ws :root:q-org:q-consumer');
    expect(await output('get cowboys -o name')).toBe('cowboy.wildwest.dev/luke\n');
    expect(await output('kcp quickstart --cleanup --name-prefix q')).toContain('Cleanup complete.');
    expect(await output('ws tree')).not.toContain('q-org');
  });

  it('print a kubeconfig for one workspace', async () => {
    const printed = await canopy(['kubeconfig', 'org:team', '--kubeconfig', kubeconfig]);
    expect(printed.code).toBe(0);
    expect(printed.stdout).toContain('/clusters/root:org:team');
    expect(printed.stdout).toContain('current-context: root:org:team');
  });

  it('leave what else is in the kubeconfig alone', () => {
    const text = readFileSync(kubeconfig, 'utf8');
    for (const name of ['shard-base', 'system:admin', 'shard-admin']) expect(text).toContain(name);
  });
});
