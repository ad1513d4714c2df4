import { spawn } from 'node:child_process';
import { parseTime } from '@canopy/apimachinery';
import { abortable } from '../http/channel.ts';
import type { CredentialSource, Credentials } from '../http/credentials.ts';
import type { ClusterEntry, ExecConfig } from './kubeconfig.ts';
import { KubeconfigError } from './kubeconfig.ts';

export interface ExecEnvironment {
  /** The environment that the program inherits. */
  env: Readonly<Record<string, string | undefined>>;
  /** Whether a person can answer it on standard input. */
  interactive: boolean;
  /** Milliseconds since 1970. */
  now(): number;
}

interface ExecCredential {
  apiVersion?: string;
  kind?: string;
  status?: {
    token?: string;
    clientCertificateData?: string;
    clientKeyData?: string;
    expirationTimestamp?: string;
  };
}

const apiGroup = 'client.authentication.k8s.io';
const versions = [`${apiGroup}/v1`, `${apiGroup}/v1beta1`];

/**
 * Credentials that a program prints, kept until they expire or the server rejects them; the program runs once at a time.
 * Contract: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 *
 * @throws KubeconfigError when the configuration is not supported, or the program fails
 */
export class ExecCredentials implements CredentialSource {
  readonly #exec: ExecConfig;
  readonly #cluster: ClusterEntry;
  readonly #environment: ExecEnvironment;
  #running: Promise<Credentials> | undefined;
  #current: { credentials: Credentials; expires: number } | undefined;

  constructor(exec: ExecConfig, cluster: ClusterEntry, environment: ExecEnvironment) {
    if (!exec.command) throw new KubeconfigError('exec: command is missing');
    if (!versions.includes(exec.apiVersion ?? '')) {
      throw new KubeconfigError(
        `exec: apiVersion ${String(exec.apiVersion)} is not supported (${versions.join(', ')} are)`,
      );
    }
    if (exec.apiVersion === versions[0] && exec.interactiveMode === undefined) {
      throw new KubeconfigError(`exec: interactiveMode must be set for ${versions[0]}`);
    }
    if (exec.interactiveMode === 'Always' && !environment.interactive) {
      throw new KubeconfigError(`exec: ${exec.command} needs a terminal on standard input`);
    }
    this.#exec = exec;
    this.#cluster = cluster;
    this.#environment = environment;
  }

  get(signal?: AbortSignal): Promise<Credentials> {
    const current = this.#current;
    if (current !== undefined && current.expires > this.#environment.now()) return Promise.resolve(current.credentials);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return abortable(this.#running, signal);
  }

  reject(): boolean {
    this.#current = undefined;
    return true;
  }

  async #run(): Promise<Credentials> {
    const output = await this.#output();
    let parsed: ExecCredential;
    try {
      parsed = JSON.parse(output) as ExecCredential;
    } catch (cause) {
      throw new KubeconfigError(`exec: ${this.#exec.command} did not print JSON`, cause);
    }
    if (parsed?.kind !== 'ExecCredential' || parsed.apiVersion !== this.#exec.apiVersion) {
      throw new KubeconfigError(
        `exec: ${this.#exec.command} did not print an ExecCredential of ${this.#exec.apiVersion}`,
      );
    }
    const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = parsed.status ?? {};
    if (!token && !(cert && key))
      throw new KubeconfigError(`exec: ${this.#exec.command} gave neither token nor certificate`);
    const credentials: Credentials = {
      headers: token ? { authorization: `Bearer ${token}` } : {},
      clientCertificate: cert && key ? { cert, key } : undefined,
    };
    const expires = expirationTimestamp === undefined ? Number.POSITIVE_INFINITY : parseTime(expirationTimestamp);
    this.#current = { credentials, expires: expires ?? Number.POSITIVE_INFINITY };
    return credentials;
  }

  #output(): Promise<string> {
    const exec = this.#exec;
    const env = { ...this.#environment.env };
    for (const { name, value } of exec.env ?? []) env[name] = value;
    env['KUBERNETES_EXEC_INFO'] = JSON.stringify(this.#info());
    const mayAsk = this.#environment.interactive && exec.interactiveMode !== 'Never';
    return new Promise((resolve, reject) => {
      const child = spawn(exec.command, exec.args ?? [], {
        env,
        stdio: [mayAsk ? 'inherit' : 'ignore', 'pipe', 'inherit'],
      });
      const pieces: Buffer[] = [];
      child.stdout?.on('data', (piece: Buffer) => pieces.push(piece));
      child.once('error', (cause) => {
        const hint = exec.installHint ? `\n${exec.installHint}` : '';
        reject(new KubeconfigError(`exec: cannot run ${exec.command}: ${cause.message}${hint}`, cause));
      });
      child.once('close', (code, signal) => {
        if (code === 0) resolve(Buffer.concat(pieces).toString('utf8'));
        else reject(new KubeconfigError(`exec: ${exec.command} failed with ${signal ?? `exit code ${code}`}`));
      });
    });
  }

  #info(): object {
    const { cluster, exec } = { cluster: this.#cluster, exec: this.#exec };
    const described = {
      server: cluster.server,
      'tls-server-name': cluster['tls-server-name'],
      'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
      'certificate-authority-data': cluster['certificate-authority-data'],
      'proxy-url': cluster['proxy-url'],
      config: execExtension(cluster),
    };
    const interactive = this.#environment.interactive && exec.interactiveMode !== 'Never';
    return {
      kind: 'ExecCredential',
      apiVersion: exec.apiVersion,
      spec: { interactive, ...(exec.provideClusterInfo ? { cluster: described } : {}) },
    };
  }
}

/** What the cluster's extension for exec plugins holds. */
function execExtension(cluster: ClusterEntry): unknown {
  const extensions = cluster['extensions'];
  if (!Array.isArray(extensions)) return undefined;
  return (extensions as { name?: string; extension?: unknown }[]).find(({ name }) => name === `${apiGroup}/exec`)
    ?.extension;
}
