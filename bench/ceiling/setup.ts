import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stopChild, type Target } from '../server/canopy-process.ts';
import { figureFlags } from '../server/process-figures.ts';

/** What the bare server answers, by method; `LIST` for GETs with a limit. */
export type CeilingAnswers = Record<'GET' | 'LIST' | 'POST' | 'PATCH' | 'DELETE', string>;

export interface CeilingSetup {
  /** PEM. */
  cert: string;
  key: string;
  answers: CeilingAnswers;
}

export interface CeilingServer {
  child: ChildProcess;
  target: Target;
  stop(): Promise<void>;
}

/** Starts the bare server with the certificate that Canopy made in `directory`, so that the handshake is the same too. */
export async function startCeiling(directory: string, answers: CeilingAnswers, like: Target): Promise<CeilingServer> {
  const child = fork(fileURLToPath(new URL('./http-server.ts', import.meta.url)), { execArgv: [...figureFlags] });
  const setup: CeilingSetup = { ...servingPair(directory), answers };
  await once(child, 'message');
  const answered = once(child, 'message') as Promise<[{ port: number }]>;
  child.send({ setup });
  const [{ port }] = await answered;
  return { child, target: { ...like, url: `https://127.0.0.1:${port}` }, stop: () => stopChild(child) };
}

function servingPair(directory: string): { cert: string; key: string } {
  const read = (name: string): string => readFileSync(path.join(directory, name), 'utf8');
  return { cert: read('serving.crt'), key: read('serving.key') };
}
