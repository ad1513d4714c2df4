import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface MemberPlan {
  name: string;
  binary: string;
  /** For data and log. */
  directory: string;
  /** URL for clients. */
  endpoint: string;
  peerUrl: string;
  /** `name=peerUrl`, comma-separated. */
  cluster: string;
  /** PEM: with what clients must show who they are. */
  client: { cert: string; key: string } | undefined;
  flags: readonly string[];
}

/** Ids are 64-bit numbers in decimal; `leader` is `0` while there is none. */
export interface MemberStatus {
  id: string;
  leader: string;
}

/** One etcd process, over any number of lives on the same ports and data. */
export class EtcdMember {
  readonly #plan: MemberPlan;
  #process: ChildProcess | undefined;

  constructor(plan: MemberPlan) {
    this.#plan = plan;
  }

  get name(): string {
    return this.#plan.name;
  }

  get endpoint(): string {
    return this.#plan.endpoint;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Where etcd writes the certificate that it makes with `--auto-tls`. */
  get certificateFile(): string {
    return join(this.#plan.directory, 'data', 'fixtures', 'client', 'cert.pem');
  }

  /** What it printed in all its lives. */
  get log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  /** Resolves when it is healthy: with three members, when a majority runs. */
  async start(): Promise<void> {
    const { name, binary, directory, endpoint, peerUrl, cluster, flags } = this.#plan;
    mkdirSync(directory, { recursive: true });
    const log = openSync(this.#logFile, 'a');
    const urls = (kind: string, url: string): string[] => [`--listen-${kind}-urls=${url}`];
    const child = spawn(
      binary,
      [
        `--name=${name}`,
        `--data-dir=${join(directory, 'data')}`,
        ...urls('client', endpoint),
        ...urls('peer', peerUrl),
        `--advertise-client-urls=${endpoint}`,
        `--initial-advertise-peer-urls=${peerUrl}`,
        `--initial-cluster=${cluster}`,
        ...flags,
      ],
      { stdio: ['ignore', log, log], env: {} },
    );
    closeSync(log);
    this.#process = child;
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    await this.#untilHealthy(child);
  }

  /** SIGKILL; resolves when the process is gone. Nothing happens to a member that does not run. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || hasEnded(child)) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  /** Starts it again, after killing it if it runs. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** Stops it in its tracks: connections stay open, nothing answers. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Undefined when it does not answer within a second. */
  async status(): Promise<MemberStatus | undefined> {
    const answer = await this.#ask('POST', '/v3/maintenance/status');
    if (answer?.header === undefined) return undefined;
    return { id: String(answer.header.member_id), leader: String(answer.leader ?? '0') };
  }

  get #logFile(): string {
    return join(this.#plan.directory, 'etcd.log');
  }

  async #untilHealthy(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + 30_000;
    while ((await this.#ask('GET', '/health'))?.health !== 'true') {
      if (hasEnded(child)) throw new Error(`etcd ended while it started:\n${this.log.slice(-2000)}`);
      if (Date.now() > deadline) throw new Error(`etcd is not healthy after 30 s:\n${this.log.slice(-2000)}`);
      await sleep(25);
    }
  }

  #ask(method: string, path: string): Promise<Answer | undefined> {
    const url = new URL(path, this.endpoint);
    const options = { method, timeout: 1000, agent: false, rejectUnauthorized: false, ...this.#plan.client };
    return new Promise((resolve) => {
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => resolve(parse(body)));
        response.on('error', () => resolve(undefined));
      });
      request.on('timeout', () => request.destroy());
      request.on('error', () => resolve(undefined));
      request.end(method === 'POST' ? '{}' : undefined);
    });
  }
}

interface Answer {
  health?: string;
  header?: { member_id?: string };
  leader?: string;
}

function parse(body: string): Answer | undefined {
  try {
    return JSON.parse(body) as Answer;
  } catch {
    return undefined;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
