import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { sleep, systemClock } from '@canopy/client';
import { PlotHole } from './story.ts';

const program = path.join(import.meta.dirname, '../providers/postgres/src/main.ts');

export interface ProviderPlace {
  kubeconfig: string;
  /** Path of the provider's workspace. */
  workspace: string;
  /** Folder for the embedded server and the log. */
  folder: string;
}

/** The postgres provider as a process of its own, as an operator would run it. */
export class ProviderProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #log: string;

  constructor(place: ProviderPlace) {
    this.#log = path.join(place.folder, 'provider.log');
    this.#child = spawnProvider('run', place, ['--root-directory', place.folder]);
    this.#exited = new Promise((resolve) => this.#child.once('exit', resolve));
  }

  /** Publishes the API. @throws PlotHole with the provider's words when that fails */
  static async setUp(place: ProviderPlace): Promise<void> {
    const child = spawnProvider('setup', place, []);
    const code = await new Promise((resolve) => child.once('exit', resolve));
    if (code !== 0)
      throw new PlotHole(`provider-postgres setup failed:\n${endOf(path.join(place.folder, 'provider.log'))}`);
  }

  /** Resolves once it watches for orders. */
  async ready(): Promise<void> {
    while (!readFileSync(this.#log, 'utf8').includes('provider-postgres is ready')) {
      if (this.#child.exitCode !== null) throw new PlotHole(`the provider ended:\n${endOf(this.#log)}`);
      await sleep(systemClock, 30);
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGINT');
    await this.#exited;
  }
}

function spawnProvider(command: string, place: ProviderPlace, more: string[]): ChildProcess {
  const log = openSync(path.join(place.folder, 'provider.log'), 'a');
  try {
    const flags = ['--kubeconfig', place.kubeconfig, '--workspace', place.workspace, ...more];
    // Of its own group: Ctrl-C is for the demo, which stops it after what it needs it for.
    return spawn(process.execPath, [program, command, ...flags], { stdio: ['ignore', log, log], detached: true });
  } finally {
    closeSync(log);
  }
}

function endOf(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-10).join('\n');
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
