import { formatMicroTime, isStatusError } from '@canopy/apimachinery';
import type { Clock, Random } from '../clock.ts';
import { sleep, systemClock } from '../clock.ts';
import type { DynamicClient } from '../dynamic/dynamic-client.ts';
import type { ResourceClient } from '../dynamic/resource-client.ts';
import type { Logger } from './logger.ts';
import { silentLogger } from './logger.ts';

/** coordination.k8s.io/v1 Lease. */
export interface Lease {
  apiVersion: 'coordination.k8s.io/v1';
  kind: 'Lease';
  metadata: { name: string; namespace: string; resourceVersion?: string };
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

export interface LeaderElectorOptions {
  client: DynamicClient;
  namespace: string;
  name: string;
  /** Unique among the candidates. */
  identity: string;
  /** How long others wait after the last renewal they saw. Default 15 s. */
  leaseDurationMs?: number;
  /** A leader that could not renew for so long steps down. Less than the lease's duration. Default 10 s. */
  renewDeadlineMs?: number;
  /** Time between tries, varied by a fifth. Default 2 s. */
  retryPeriodMs?: number;
  logger?: Logger;
  clock?: Clock;
  random?: Random;
}

/**
 * One leader among many by a Lease: as client-go's leader election, with which it can be mixed. A candidate takes over
 * when the lease has not changed for its duration by the candidate's own clock, so clocks need not agree, only run about
 * equally fast, and may be set meanwhile. Two leaders at a time are possible only while a process is stopped for longer than the lease lasts.
 */
export class LeaderElector {
  readonly #options: Required<Omit<LeaderElectorOptions, 'client'>>;
  readonly #leases: ResourceClient<Lease>;
  #seen: { version: string; at: number } | undefined;
  #held: Lease | undefined;

  constructor(options: LeaderElectorOptions) {
    this.#options = {
      ...options,
      leaseDurationMs: options.leaseDurationMs ?? 15_000,
      renewDeadlineMs: options.renewDeadlineMs ?? 10_000,
      retryPeriodMs: options.retryPeriodMs ?? 2_000,
      logger: options.logger ?? silentLogger,
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
    };
    const resource = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' };
    this.#leases = options.client.resource<Lease>(resource).namespace(options.namespace);
  }

  /**
   * Waits to become leader, then runs `lead` once. Its signal fires when the caller's does, or when the lease is lost. In
   * the end the lease is given up, so that another can take it at once.
   *
   * @throws what `lead` throws; an Error when the lease was lost. Resolves when `signal` fires while it waits.
   */
  async run(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    if (!(await this.#acquire(signal))) return;
    const leading = new AbortController();
    const finished = new AbortController();
    const onAbort = () => leading.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const renewing = this.#renew(finished.signal).then((lost) => {
      if (lost) leading.abort(new Error(`lost the lease ${this.#options.namespace}/${this.#options.name}`));
      return lost;
    });
    try {
      await lead(leading.signal);
    } finally {
      finished.abort();
      signal.removeEventListener('abort', onAbort);
    }
    if (await renewing) throw leading.signal.reason;
    await this.#release();
  }

  async #acquire(signal: AbortSignal): Promise<boolean> {
    for (;;) {
      if (signal.aborted) return false;
      if (await this.#try(signal)) {
        this.#options.logger.info({ lease: this.#options.name, identity: this.#options.identity }, 'became leader');
        return true;
      }
      await this.#pause(signal);
    }
  }

  /** True when the lease was lost, false when the signal fired. */
  async #renew(signal: AbortSignal): Promise<boolean> {
    const { clock, renewDeadlineMs } = this.#options;
    let renewedAt = clock.ticks();
    for (;;) {
      await this.#pause(signal);
      if (signal.aborted) return false;
      const left = renewedAt + renewDeadlineMs - clock.ticks();
      if (left <= 0) return true;
      const startedAt = clock.ticks();
      if (await this.#try(signal, left)) renewedAt = startedAt;
      else if (this.#held === undefined) return !signal.aborted;
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const { clock, retryPeriodMs, random } = this.#options;
    await sleep(clock, retryPeriodMs * (1 + 0.2 * random()), signal).catch(() => {});
  }

  /** Takes or renews the lease; false if another holds it or the server cannot be asked. */
  async #try(signal: AbortSignal, timeoutMs = this.#options.renewDeadlineMs): Promise<boolean> {
    const { name, clock, logger } = this.#options;
    try {
      const found = await this.#leases.get(name, { signal, timeoutMs }).catch((error: unknown) => {
        if (isStatusError(error, 'NotFound')) return undefined;
        throw error;
      });
      if (found === undefined) {
        this.#held = await this.#leases.create(this.#claim(undefined), { signal, timeoutMs });
        return true;
      }
      const { resourceVersion: version = '' } = found.metadata;
      if (this.#seen?.version !== version) this.#seen = { version, at: clock.ticks() };
      if (!this.#mayTake(found)) {
        this.#held = undefined;
        return false;
      }
      this.#held = await this.#leases.update(this.#claim(found), { signal, timeoutMs });
      return true;
    } catch (error) {
      if (!signal.aborted) logger.warn({ lease: name, error }, 'cannot take or renew the lease');
      return false;
    }
  }

  #mayTake(found: Lease): boolean {
    const { identity, clock, leaseDurationMs } = this.#options;
    const holder = found.spec?.holderIdentity;
    if (!holder || holder === identity) return true;
    const durationMs = (found.spec?.leaseDurationSeconds ?? leaseDurationMs / 1000) * 1000;
    return clock.ticks() - this.#seen!.at >= durationMs;
  }

  #claim(found: Lease | undefined): Lease {
    const { name, namespace, identity, leaseDurationMs, clock } = this.#options;
    const now = formatMicroTime(clock.now());
    const renewal = found?.spec?.holderIdentity === identity;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      ...found,
      metadata: found?.metadata ?? { name, namespace },
      spec: {
        ...found?.spec,
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
        acquireTime: renewal ? found?.spec?.acquireTime : now,
        renewTime: now,
        leaseTransitions: found === undefined ? 0 : (found.spec?.leaseTransitions ?? 0) + (renewal ? 0 : 1),
      },
    };
  }

  async #release(): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    const spec = { ...held.spec, holderIdentity: '', leaseDurationSeconds: 1 };
    try {
      await this.#leases.update({ ...held, spec }, { timeoutMs: this.#options.retryPeriodMs });
    } catch (error) {
      this.#options.logger.warn({ lease: this.#options.name, error }, 'cannot give up the lease');
    }
  }
}
