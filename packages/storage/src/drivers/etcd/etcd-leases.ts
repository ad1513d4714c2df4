import { randomBytes } from 'node:crypto';
import type { LeaseId } from '../../storage.ts';
import { StorageError } from '../../storage-error.ts';
import { CallFailure } from './rpc/call-failure.ts';
import type { EtcdConnection } from './rpc/etcd-connection.ts';
import { leaseGrantMethod, leaseKeepAlivePath, leaseRevokeMethod } from './rpc/etcd-methods.ts';
import { encodeLeaseGrant, encodeLeaseId } from './rpc/etcd-requests.ts';
import { decodeTimeToLive } from './rpc/etcd-responses.ts';

/** Milliseconds that etcd has to answer on a stream of keep-alives. */
const answerTimeoutMs = 4000;

/** Canopy's leases are etcd's, with ids that Canopy chooses, so that a grant can be repeated. */
export class EtcdLeases {
  readonly #connection: EtcdConnection;

  constructor(connection: EtcdConnection) {
    this.#connection = connection;
  }

  /** etcd counts in whole seconds, and raises what is less than about one and a half election timeouts. */
  async grant(ttlMs: number): Promise<LeaseId> {
    const deadline = this.#connection.deadline();
    const id = randomBytes(6).readUIntBE(0, 6) + 1;
    const message = encodeLeaseGrant(id, Math.ceil(ttlMs / 1000));
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#connection.attempt(leaseGrantMethod, message, deadline);
        return id;
      } catch (error) {
        if (!(error instanceof CallFailure)) throw error;
        if (attempt > 0 && error.message.includes('lease already exists')) return id;
        if (error.outcome === 'refused') throw error.toStorageError();
        await this.#connection.pause(attempt, deadline, error);
      }
    }
  }

  async revoke(lease: LeaseId): Promise<void> {
    const deadline = this.#connection.deadline();
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#connection.attempt(leaseRevokeMethod, encodeLeaseId(lease), deadline);
      } catch (error) {
        if (!(error instanceof CallFailure)) throw error;
        if (attempt > 0 && error.code === 'LeaseNotFound') return;
        if (error.outcome === 'refused') throw error.toStorageError();
        await this.#connection.pause(attempt, deadline, error);
      }
    }
  }

  async keepAlive(lease: LeaseId): Promise<void> {
    const deadline = this.#connection.deadline();
    for (let attempt = 0; ; attempt++) {
      try {
        if ((await this.#keepAliveOnce(lease)) > 0) return;
        throw new StorageError('LeaseNotFound', `no lease ${lease}`);
      } catch (error) {
        if (!(error instanceof CallFailure)) throw error;
        if (error.outcome === 'refused') throw error.toStorageError();
        await this.#connection.pause(attempt, deadline, error);
      }
    }
  }

  /** Seconds that the lease lives on; 0 when there is none. */
  #keepAliveOnce(lease: LeaseId): Promise<number> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        stream.close();
        settle();
      };
      const stream = this.#connection.openStream(leaseKeepAlivePath, decodeTimeToLive, {
        onMessage: (seconds) => end(() => resolve(seconds)),
        onEnd: (failure) => end(() => reject(failure)),
      });
      const timer = setTimeout(() => {
        this.#connection.leave();
        end(() => reject(new CallFailure('unknown', 'etcd does not answer')));
      }, answerTimeoutMs);
      stream.write(encodeLeaseId(lease));
    });
  }
}
