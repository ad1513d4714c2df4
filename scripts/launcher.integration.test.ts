import { execFile, spawn } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from './node-runtime.mjs';

const run = promisify(execFile);
const env = { PATH: [path.dirname(process.execPath), process.env.PATH].join(path.delimiter) };
let tree: string;

beforeAll(() => {
  tree = mkdtempSync(path.join(tmpdir(), 'launcher-'));
  mkdirSync(path.join(tree, 'elsewhere'));
  mkdirSync(path.join(tree, 'dist'));
  cpSync(path.join(root, 'bin'), path.join(tree, 'bin'), { recursive: true, verbatimSymlinks: true });
  mkdirSync(path.join(tree, 'scripts'));
  for (const file of ['install-plugins.mjs', 'node-runtime.mjs']) {
    copyFileSync(path.join(root, 'scripts', file), path.join(tree, 'scripts', file));
  }
  writeFileSync(path.join(tree, 'package.json'), '{"type":"module"}');
  for (const name of ['canopy', 'kubectl-ws', 'kubectl-create-workspace']) {
    const answer = `{ name: '${name}', args: process.argv.slice(2), cache: process.env.NODE_COMPILE_CACHE }`;
    writeFileSync(path.join(tree, 'dist', `${name}.js`), `console.log(JSON.stringify(${answer}));\n`);
  }
});
afterAll(() => rmSync(tree, { recursive: true }));

async function start(file: string, ...args: string[]) {
  const { stdout } = await run(file, args, { cwd: tree, env });
  return JSON.parse(stdout);
}

describe('the launcher', () => {
  it('passes every argument on as it is', async () => {
    const args = ['start', '--flag', 'two words', '', '*', '"quoted"'];
    expect(await start(path.join(tree, 'bin', 'canopy'), ...args)).toMatchObject({ name: 'canopy', args });
  });

  it.each([
    ['kubectl-ws', 'kubectl-ws'],
    ['kubectl-workspace', 'kubectl-ws'],
    ['kubectl-workspaces', 'kubectl-ws'],
    ['kubectl-create-workspace', 'kubectl-create-workspace'],
    ['kubectl-create_workspace', 'kubectl-create-workspace'],
  ])('starts, called as %s, the program %s', async (link, name) => {
    expect(await start(path.join(tree, 'bin', link))).toMatchObject({ name });
  });

  it('finds its programs through links from another folder, and from the PATH', async () => {
    const link = path.join(tree, 'elsewhere', 'another-name');
    symlinkSync('../bin/canopy', link);
    expect(await start(link)).toMatchObject({ name: 'canopy', cache: expect.stringMatching(/dist\/\.cache$/) });
    const { stdout } = await run('sh', ['-c', 'kubectl-ws x'], {
      env: { PATH: `${path.join(tree, 'bin')}${path.delimiter}${env.PATH}` },
    });
    expect(JSON.parse(stdout)).toMatchObject({ name: 'kubectl-ws', args: ['x'] });
  });

  it('becomes the program it starts, so that signals and exit codes are its own', async () => {
    writeFileSync(
      path.join(tree, 'dist', 'canopy.js'),
      "process.on('SIGTERM', () => process.exit(7));\nconsole.log(process.pid);\nsetInterval(() => {}, 1000);\n",
    );
    const child = spawn(path.join(tree, 'bin', 'canopy'), { env });
    const pid = await new Promise((resolve) => child.stdout.once('data', (data) => resolve(Number(data))));
    expect(pid).toBe(child.pid);
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(7);
  });
});

describe('installing the plugins', () => {
  it('links them all, replaces its own links, and leaves others alone', async () => {
    const target = path.join(tree, 'plugins');
    const install = () => run(process.execPath, [path.join(tree, 'scripts', 'install-plugins.mjs'), target], { env });
    expect((await install()).stdout).toContain(target);
    await install();
    expect(await start(path.join(target, 'kubectl-create_workspace'), 'a')).toMatchObject({ args: ['a'] });
    rmSync(path.join(target, 'kubectl-ws'));
    writeFileSync(path.join(target, 'kubectl-ws'), 'mine');
    await expect(install()).rejects.toThrow('left as it is');
  });
});
