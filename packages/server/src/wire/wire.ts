import { randomInt } from 'node:crypto';
import {
  type ApiResponse,
  ApiServer,
  type AuthorizedContext,
  defaultIssuer,
  flushOutputs,
  handlerChain,
  type IncomingRequest,
  type Registry,
  rootPolicy,
  type ServiceAccountTokens,
  systemPolicy,
  versionInfo,
} from '@canopy/apiserver';
import {
  BackgroundTurns,
  type RunningControllers,
  startControllers,
  startSharedControllers,
} from '@canopy/controllers';
import { bootstrap, type ShardSettings } from '@canopy/kcp';
import { ChangeHub, type Compactor, monotonicClock, type Storage, systemClock } from '@canopy/storage';
import { ApiExportVirtualWorkspace, ConsumerBindings } from '@canopy/virtual-workspaces';
import { rememberBody } from '../audit/audit-log.ts';
import { openAuditLog } from '../audit/open-audit-log.ts';
import type { CompletedConfig } from '../config/complete-config.ts';
import type { Logger } from '../logger.ts';
import type { AdminAccess } from '../pki/admin-kubeconfig.ts';
import { canopyVersion } from '../version.ts';
import { type AccessControl, wireAccess } from './access.ts';
import { admissionChain } from './admission-order.ts';
import { ClusterGate } from './cluster-gate.ts';
import { dispatcher } from './dispatch.ts';
import { Documents } from './documents.ts';
import { freshAnswers } from './fresh-answers.ts';
import { healthChecks } from './health-checks.ts';
import { type KcpWorld, wireKcpWorld } from './kcp-world.ts';
import { Metrics, type RenderedMetrics } from './metrics.ts';
import { specialEndpoints, tokenIssuer } from './special-endpoints.ts';
import { workspacesDomain } from './workspaces-domain.ts';

export interface Wired {
  handle: (request: IncomingRequest) => Promise<ApiResponse>;
  registry: Registry;
  hub: ChangeHub;
  controllers: RunningControllers;
  metrics: Metrics;
  /** Ends what runs in the background. The store stays open. */
  stop(): Promise<void>;
}

/** Who else uses the store. */
export type Company =
  | { kind: 'alone' }
  /** Other threads of this process answer requests; what goes on in the background is this one's. */
  | { kind: 'first thread' }
  /** Answers requests and does nothing in the background. */
  | { kind: 'api thread' }
  /** Other processes, which divide what goes on in the background. The name is unique among them. */
  | { kind: 'replica'; name: string };

export interface WireInput {
  config: CompletedConfig;
  storage: Storage;
  shard: ShardSettings;
  admin: AdminAccess;
  /** PEM of the key that signs ServiceAccount tokens. */
  serviceAccountKey: string;
  logger: Logger;
  /** Forgets old history while it runs; a new one each time. Not needed in API threads. */
  compactor?(): Compactor;
  company: Company;
  /** Of the whole process; `own` are this thread's. */
  renderMetrics(own: Metrics): Promise<RenderedMetrics>;
  /** The store cannot be followed any more: from now on caches and watches would be stale. */
  onStoreFailure(error: Error): void;
}

/** Watchers that are further behind read the log on disk. */
const changeRing = { maxChanges: 4000, maxBytes: 8 * 1024 * 1024 };
const flowLimits = { seats: 256, startsPerTurn: 32, sliceMs: 0.25, queued: 1000, waitMs: 15_000 };
/** Twice what `/readyz` lets a replica lag behind. */
const othersLagMs = 10_000;

/** Puts the server together: store → caches → kinds → access → admission → chain. */
export async function wire(input: WireInput): Promise<Wired> {
  const { config, storage, shard, logger } = input;
  const hub = await ChangeHub.start(storage, { ...changeRing, onEnd: input.onStoreFailure });
  const kcp = wireKcpWorld(storage, hub, shard);
  const { world, registry, directory, exports, surfaces, types, claims } = kcp;
  const bindings = new ConsumerBindings(storage);
  const access = wireAccess({ ...input, directory, issuer: defaultIssuer });
  const virtual = new ApiExportVirtualWorkspace({ ...kcp, exports, bindings, deep: access.deep });
  const gate = new ClusterGate(directory);
  const caches = [...kcp.caches, access.rbac, bindings, virtual, gate];
  hub.subscribeAll((changes) => {
    for (const cache of caches) cache.onChanges(changes);
  });
  await bootstrap({ world, shard, systemPolicy, rootPolicy });

  const metrics = new Metrics({ hubRevision: () => hub.revision, watchers: () => hub.watcherCount });
  const audit = await openAuditLog(config, logger);
  const answers = freshAnswers(storage, hub, input.company.kind !== 'alone');
  const server = new ApiServer({
    chain: answers.chain(
      handlerChain({
        logicalCluster: {
          workspaces: workspacesDomain(surfaces, kcp.identities, access.authorizer),
          resolver: directory,
          virtualWorkspaces: [virtual],
          clusterOfToken: (token) => access.tokens.clusterOf(token),
        },
        authenticator: access.authenticator,
        flowControl: { limits: flowLimits, seed: randomInt(2 ** 31), afterSlice: flushOutputs },
        clusterGate: gate,
        authorization: { message: access.message },
      }),
    ),
    dispatch: answers.dispatch(wireDispatch(kcp, access, shard, () => input.renderMetrics(metrics))),
    finished(request) {
      metrics.observe(request);
      audit?.record(request, Date.now());
    },
    requestTimeoutMs: config.requestTimeoutMs,
    clock: { now: () => performance.now(), every: everyMs },
  });
  const tokens = tokenIssuer(access);
  const controllers = await wireControllers(input, {
    registry,
    world,
    surfaces,
    types,
    claims,
    shard,
    tokens,
    clock: systemClock,
    timers: monotonicClock,
    turns: new BackgroundTurns(monotonicClock),
    logger,
  });
  return {
    handle: (request) =>
      server.handle(audit === undefined ? answers.request(request) : rememberBody(answers.request(request))),
    registry,
    controllers,
    metrics,
    hub,
    async stop() {
      await controllers.stop();
      hub.close();
      await audit?.close();
    },
  };
}

function everyMs(ms: number, callback: () => void): () => void {
  const timer = setInterval(callback, ms);
  timer.unref();
  return () => clearInterval(timer);
}

const noControllers: RunningControllers = {
  stop: async () => undefined,
  settled: async () => undefined,
  units: () => [],
};

/** The first thread of a process does all that goes on in the background; among replicas, its share. */
async function wireControllers(
  { compactor, company }: WireInput,
  deps: Parameters<typeof startControllers>[0],
): Promise<RunningControllers> {
  if (compactor === undefined || company.kind === 'api thread') return noControllers;
  if (company.kind === 'replica')
    return startSharedControllers(
      { ...deps, othersLagMs },
      { replica: company.name, chores: { compactor: () => running(compactor()) } },
    );
  const controllers = await startControllers(company.kind === 'alone' ? deps : { ...deps, othersLagMs });
  const alone = running(compactor());
  return {
    ...controllers,
    async stop() {
      await controllers.stop();
      await alone.stop();
    },
  };
}

function running(compactor: Compactor): { stop(): Promise<void> } {
  compactor.start();
  return { stop: () => compactor.stop() };
}

/** Everything that answers a request which the chain has let through. */
function wireDispatch(
  kcp: KcpWorld,
  access: AccessControl,
  shard: ShardSettings,
  metrics: () => Promise<RenderedMetrics>,
): (context: AuthorizedContext) => Promise<ApiResponse> {
  const { world, registry, types } = kcp;
  const special = specialEndpoints({ access, home: { world, types, shard, deep: access.deep } });
  const version = versionInfo(canopyVersion, { commit: 'unknown', date: '1970-01-01T00:00:00Z' });
  return dispatcher({
    services: {
      registry,
      admission: admissionChain({ ...kcp, access }),
      watchTimeoutMs: { min: 30 * 60_000, max: 60 * 60_000 },
      bookmarkIntervalMs: 60_000,
      maxWatchBufferBytes: 8 * 1024 * 1024,
    },
    special,
    documents: new Documents({
      special,
      version: version.gitVersion,
      serverAddress: shard.externalUrl.replace('https://', ''),
    }),
    health: healthChecks(registry),
    version,
    metrics,
    issuer: issuerDocuments(access.tokens, shard.externalUrl),
  });
}

function issuerDocuments(tokens: ServiceAccountTokens, externalUrl: string) {
  return {
    configuration: () => ({
      issuer: defaultIssuer,
      jwks_uri: `${externalUrl}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    }),
    keys: () => tokens.keys(),
  };
}
