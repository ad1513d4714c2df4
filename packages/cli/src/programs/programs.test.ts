import { describe, expect, it } from 'vitest';
import { clientProgram } from './client-program.ts';
import { createWorkspaceProgram } from './create-program.ts';
import { kcpProgram } from './kcp-program.ts';
import { runProgram, secondsOf } from './run-program.ts';
import { wsProgram } from './ws-program.ts';

function recorder() {
  let out = '';
  let err = '';
  const io = {
    env: {},
    cwd: '/nowhere',
    homeFolder: '/nowhere',
    readInput: async () => '',
    out(text: string) {
      out += text;
    },
    err(text: string) {
      err += text;
    },
    now: () => 0,
    sleep: async () => undefined,
  };
  return { io, result: () => ({ out, err }) };
}

async function run(program: typeof wsProgram, ...args: string[]) {
  const { io, result } = recorder();
  const code = await runProgram(program(io), args, io);
  return { code, ...result() };
}

describe('the programs', () => {
  it.each([
    ['kubectl ws', wsProgram],
    ['kubectl kcp', kcpProgram],
    ['kubectl create workspace', createWorkspaceProgram],
    ['canopy', clientProgram],
  ])('%s has a version and a help text', async (name, program) => {
    expect(await run(program, '--version')).toMatchObject({ code: 0, out: '0.1.0\n' });
    const help = await run(program, '--help');
    expect(help.code).toBe(0);
    expect(help.out).toContain(`Usage: ${name}`);
  });

  it('end with 1 and one line for what they do not know', async () => {
    const { code, err } = await run(kcpProgram, 'bind', 'apiexport', '--nope');
    expect(code).toBe(1);
    expect(err).toContain("unknown option '--nope'");
  });

  it('say that there is no kubeconfig to work with', async () => {
    const { code, err } = await run(wsProgram, '.');
    expect(code).toBe(1);
    expect(err).toBe('Error: no current context is set in the kubeconfig\n');
  });

  it('do not take arguments in interactive mode', async () => {
    expect((await run(wsProgram, '-i', 'x')).err).toBe('Error: interactive mode does not accept arguments\n');
  });
});

describe('durations', () => {
  it.each([
    ['30', 30],
    ['30s', 30],
    ['2m', 120],
    ['1h', 3600],
    ['1m30s', 90],
    ['500ms', 0.5],
  ])('%s is %d seconds', (text, seconds) => {
    expect(secondsOf(text)).toBe(seconds);
  });

  it('must be numbers with a unit', () => {
    expect(() => secondsOf('soon')).toThrow('invalid duration "soon"');
  });
});
