import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '..');
const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
/** Name and file of what measures, breaks or shows the server. */
const programs = Object.entries(scripts).flatMap(([name, command]) => {
  const file = /^(bench|faults|demo)(:|$)/.test(name) ? command.split(' ').at(-1) : undefined;
  return file === undefined ? [] : [[name, file] as const];
});

async function run(file: string, arg: string): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [path.join(root, file), arg], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}

describe('a program to measure, break or show the server', () => {
  it.each(programs)('%s tells how it is used, and takes nothing else', async (name, file) => {
    const help = await run(file, '--help');
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toMatch(new RegExp(`^Usage: npm run ${name} \\[-- .*\\]\\n\\n\\S[^]*\\n  --`));
    const wrong = await run(file, '--no-such-option');
    expect(wrong).toMatchObject({ code: 2, out: '' });
    expect(wrong.err).toBe(`${name}: Unknown option '--no-such-option'; see npm run ${name} -- --help\n`);
  });
});
