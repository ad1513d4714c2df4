import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { RawConnection } from '../../bench/load/raw-connection.ts';
import { prepare } from '../../bench/load/request-block.ts';
import type { CanopyProcess } from './canopy-process.ts';
import type { ProgramResult } from './run-program.ts';

/** Many, with few requests each: of a connection the server reads a few at a time, and lets the others wait in the socket. */
const connections = 500;
/** Altogether twice what may wait in the server. */
const requestsEach = 4;
const mostAttempts = 30;

/** Reads and writes wait in lines of their own. */
const floods = {
  reads: { method: 'GET', path: '/clusters/root/api/v1/namespaces/default' },
  writes: { method: 'DELETE', path: '/clusters/root/api/v1/namespaces/default/configmaps/none' },
};

/** Requests of `kcp-admin` to the root workspace without a pause, whatever they are answered; the answer stops them. */
async function flood(server: CanopyProcess, kind: keyof typeof floods): Promise<() => void> {
  const { method, path } = floods[kind];
  const request = prepare({ token: server.adminToken() }, method, path);
  const target = { url: server.url, ca: server.ca };
  const open = await Promise.all(Array.from({ length: connections }, () => RawConnection.open(target)));
  let stopped = false;
  for (const connection of open) {
    const again = (): void => {
      if (!stopped) connection.send(request, again);
    };
    for (let i = 0; i < requestsEach; i++) again();
  }
  return () => {
    stopped = true;
    for (const connection of open) connection.destroy();
  };
}

/**
 * Runs a program of the flooding user until it says that it was answered with 429; then the flood ends, and the program
 * has what remains of its own patience. A run that got through unrefused is repeated.
 */
export async function runUntilRefused(
  server: CanopyProcess,
  {
    program,
    args,
    env,
    flooded = 'reads',
  }: { program: string; args: readonly string[]; env?: NodeJS.ProcessEnv; flooded?: keyof typeof floods },
): Promise<ProgramResult> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const stop = await flood(server, flooded);
    const child = spawn(program, args, { env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    let refused = false;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        output[name] += chunk.toString();
        if (refused || !/429 Too Many Requests/.test(output[name])) return;
        refused = true;
        stop();
      });
    }
    const [code] = (await once(child, 'close')) as [number | null];
    stop();
    if (refused) return { code, ...output };
  }
  throw new Error(`nothing was refused in ${mostAttempts} attempts`);
}
