import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseYamlDocument } from '@canopy/apimachinery';
import type { Command } from 'commander';
import { clientProgram } from '../programs/client-program.ts';
import { createWorkspaceProgram } from '../programs/create-program.ts';
import { kcpProgram } from '../programs/kcp-program.ts';
import { runProgram } from '../programs/run-program.ts';
import { wsProgram } from '../programs/ws-program.ts';
import type { CliIo, Terminal } from '../session/cli-io.ts';

export interface CommandResult {
  code: number;
  out: string;
  err: string;
}

const programs: Readonly<Record<string, (io: CliIo) => Command>> = {
  ws: wsProgram,
  kcp: kcpProgram,
  'create-workspace': createWorkspaceProgram,
  canopy: clientProgram,
};

/** Somebody at a prompt, with a home folder and a kubeconfig of their own. */
export class CommandLine {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'canopy-cli-'));
  readonly kubeconfig = path.join(this.folder, 'kubeconfig');
  terminal: Terminal | undefined;
  stdin = '';

  /** @param kubeconfig file to start with a copy of */
  constructor(kubeconfig?: string) {
    if (kubeconfig !== undefined) cpSync(kubeconfig, this.kubeconfig);
  }

  get io(): CliIo {
    return {
      env: { KUBECONFIG: this.kubeconfig },
      cwd: this.folder,
      homeFolder: this.folder,
      ...(this.terminal === undefined ? {} : { terminal: this.terminal }),
      readInput: () => Promise.resolve(this.stdin),
      out: () => undefined,
      err: () => undefined,
      now: () => Date.now(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20))),
    };
  }

  /** Runs `ws`, `kcp`, `create-workspace` or `canopy` with arguments. */
  async run(program: string, ...args: string[]): Promise<CommandResult> {
    const result = { out: '', err: '' };
    const io: CliIo = {
      ...this.io,
      out: (text) => {
        result.out += text;
      },
      err: (text) => {
        result.err += text;
      },
    };
    const code = await runProgram(programs[program]!(io), args, io);
    return { code, ...result };
  }

  /** Standard output of a command that must succeed. */
  async output(program: string, ...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(program, ...args);
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${err}${out}`);
    return out;
  }

  /** The kubeconfig as it is on disk. */
  async saved(): Promise<SavedKubeconfig> {
    return (await parseYamlDocument(readFileSync(this.kubeconfig, 'utf8'))) as SavedKubeconfig;
  }

  write(file: string, text: string): string {
    const target = path.join(this.folder, file);
    writeFileSync(target, text);
    return target;
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface SavedKubeconfig {
  'current-context': string;
  clusters: { name: string; cluster: Record<string, unknown> }[];
  contexts: { name: string; context: Record<string, unknown> }[];
  [field: string]: unknown;
}
