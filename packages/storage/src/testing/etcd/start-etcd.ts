/**
 * A real etcd for tests, one member or three, on free ports of the loopback interface, in a directory of its own.
 *
 *     const { current } = findEtcd();                              // .cache/bin/etcd, or the reason why there is none
 *     const etcd = await startEtcd({ binary: current.path, members: 3 });
 *     etcd.endpoints                                               // ['http://127.0.0.1:40001', …]
 *     const leader = await etcd.leader();                          // an EtcdMember
 *     await leader.kill();                                         // SIGKILL; resolves when the process is gone
 *     await leader.restart();                                      // same ports, same data; resolves when healthy
 *     leader.pause(); leader.resume();                             // SIGSTOP, SIGCONT
 *     await etcd.stop();                                           // kills all, removes the directory
 *
 * Members that still run when the test process exits are killed.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EtcdMember, type MemberPlan } from './etcd-member.ts';
import { freePorts } from './free-ports.ts';

export interface StartEtcdOptions {
  /** See `findEtcd`. */
  binary: string;
  members?: 1 | 3;
  /**
   * https for clients; one member only. `true`: with a certificate that etcd makes, which {@link EtcdCluster.tls} then has.
   * Else with certificates of the test, and for clients only that have one themselves.
   */
  tls?: true | MutualTls;
  /** Further flags for each member, such as `--quota-backend-bytes=16777216`. */
  flags?: readonly string[];
}

export interface MutualTls {
  /** Files. */
  serving: { cert: string; key: string };
  /** File: who may have issued a client's certificate. */
  clientCa: string;
  /** PEM: as whom the test itself asks how etcd is. */
  client: { cert: string; key: string };
}

export interface EtcdCluster {
  readonly endpoints: string[];
  readonly members: readonly EtcdMember[];
  /** PEM: what the certificate of the endpoints is verified with. */
  readonly tls: { ca: string } | undefined;
  /** The member that leads now; waits up to 20 s for there to be one. */
  leader(): Promise<EtcdMember>;
  stop(): Promise<void>;
}

/** What Canopy recommends for objects of up to 3 MiB and for its largest transactions, and elections that a test need not wait for. */
const usualFlags = [
  '--max-txn-ops=10000',
  '--max-request-bytes=33554432',
  '--heartbeat-interval=50',
  '--election-timeout=500',
  '--log-level=warn',
];

/** Resolves when every member is healthy. A port that another process took meanwhile is tried again elsewhere. */
export async function startEtcd(options: StartEtcdOptions): Promise<EtcdCluster> {
  for (let attempt = 1; ; attempt++) {
    const directory = mkdtempSync(join(tmpdir(), 'canopy-etcd-'));
    const members = await plan(directory, options);
    const stop = async (): Promise<void> => {
      await Promise.all(members.map((member) => member.kill()));
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    };
    try {
      await Promise.all(members.map((member) => member.start()));
      return {
        endpoints: members.map(({ endpoint }) => endpoint),
        members,
        tls: options.tls === true ? { ca: readFileSync(members[0]?.certificateFile ?? '', 'utf8') } : undefined,
        leader: () => leaderOf(members),
        stop,
      };
    } catch (error) {
      await stop();
      if (attempt === 3) throw error;
    }
  }
}

async function plan(directory: string, options: StartEtcdOptions): Promise<EtcdMember[]> {
  const count = options.members ?? 1;
  const ports = await freePorts(count * 2);
  const plans = Array.from({ length: count }, (_, i): MemberPlan => {
    const name = `m${i + 1}`;
    return {
      name,
      binary: options.binary,
      directory: join(directory, name),
      endpoint: `${options.tls ? 'https' : 'http'}://127.0.0.1:${ports[2 * i]}`,
      peerUrl: `http://127.0.0.1:${ports[2 * i + 1]}`,
      cluster: '',
      client: typeof options.tls === 'object' ? options.tls.client : undefined,
      flags: [...usualFlags, ...tlsFlags(options.tls), ...(options.flags ?? [])],
    };
  });
  const cluster = plans.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
  return plans.map((each) => new EtcdMember({ ...each, cluster }));
}

function tlsFlags(tls: StartEtcdOptions['tls']): string[] {
  if (tls === undefined) return [];
  if (tls === true) return ['--auto-tls'];
  const { serving, clientCa } = tls;
  return [
    `--cert-file=${serving.cert}`,
    `--key-file=${serving.key}`,
    '--client-cert-auth',
    `--trusted-ca-file=${clientCa}`,
  ];
}

async function leaderOf(members: readonly EtcdMember[]): Promise<EtcdMember> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const states = await Promise.all(members.map((member) => member.status()));
    const known = states.filter((state) => state !== undefined);
    // A member that was cut off may still believe that it leads; the others know better.
    const leader = known.find(({ id }) => known.filter((state) => state.leader === id).length > members.length / 2);
    const leading = members[states.findIndex((state) => state !== undefined && state === leader)];
    if (leading !== undefined) return leading;
    await sleep(50);
  }
  throw new Error('no member of the etcd cluster leads');
}
