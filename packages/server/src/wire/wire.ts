import {
  type ApiResponse,
  ApiServer,
  defaultIssuer,
  type EndpointServices,
  handlerChain,
  type IncomingRequest,
  type Registry,
  rootPolicy,
  type ServiceAccountTokens,
  systemPolicy,
  versionInfo,
} from '@canopy/apiserver';
import { startControllers } from '@canopy/controllers';
import { bootstrap, type ShardSettings } from '@canopy/kcp';
import { ChangeHub, type Storage, systemClock } from '@canopy/storage';
import { ApiExportVirtualWorkspace, ConsumerBindings } from '@canopy/virtual-workspaces';
import { rememberBody } from '../audit/audit-log.ts';
import { openAuditLog } from '../audit/open-audit-log.ts';
import type { CompletedConfig } from '../config/complete-config.ts';
import type { AdminAccess } from '../pki/admin-kubeconfig.ts';
import { canopyVersion } from '../version.ts';
import { wireAccess } from './access.ts';
import { admissionChain } from './admission-order.ts';
import { inactiveClusterGate } from './cluster-gate.ts';
import { dispatcher } from './dispatch.ts';
import { Documents } from './documents.ts';
import { wireKcpWorld } from './kcp-world.ts';
import type { Logger } from '../logger.ts';
import { Metrics } from './metrics.ts';
import { specialEndpoints, tokenIssuer } from './special-endpoints.ts';
import { workspacesDomain } from './workspaces-domain.ts';

export interface Wired {
  handle: (request: IncomingRequest) => Promise<ApiResponse>;
  registry: Registry;
  hub: ChangeHub;
  /** Ends what runs in the background. The store stays open. */
  stop(): Promise<void>;
}

export interface WireInput {
  config: CompletedConfig;
  storage: Storage;
  shard: ShardSettings;
  admin: AdminAccess;
  /** PEM of the key that signs ServiceAccount tokens. */
  serviceAccountKey: string;
  logger: Logger;
}

/** Puts the server together: store → caches → kinds → access → admission → chain. */
export async function wire(input: WireInput): Promise<Wired> {
  const { config, storage, shard } = input;
  const hub = await ChangeHub.start(storage);
  const kcp = wireKcpWorld(storage, hub, shard);
  const { world, registry, directory, exports, types, native, surfaces, identities, claims } = kcp;
  const bindings = new ConsumerBindings(storage);
  const access = wireAccess({
    config,
    storage,
    directory,
    admin: input.admin,
    serviceAccountKey: input.serviceAccountKey,
    issuer: defaultIssuer,
  });
  const virtual = new ApiExportVirtualWorkspace({
    surfaces,
    native,
    directory,
    identities,
    exports,
    bindings,
    deep: access.deep,
  });
  const caches = [...kcp.caches, access.rbac, bindings, virtual];
  hub.subscribeAll((changes) => {
    for (const cache of caches) cache.onChanges(changes);
  });
  await bootstrap({ world, shard, systemPolicy, rootPolicy });

  const special = specialEndpoints({ access, home: { world, types, shard, deep: access.deep } });
  const services: EndpointServices = {
    registry,
    admission: admissionChain({ world, types, access, native, claims, neighbourhood: kcp.neighbourhood }),
    watchTimeoutMs: { min: 30 * 60_000, max: 60 * 60_000 },
    bookmarkIntervalMs: 60_000,
    maxWatchBufferBytes: 8 * 1024 * 1024,
  };
  const version = versionInfo(canopyVersion, { commit: 'unknown', date: '1970-01-01T00:00:00Z' });
  const metrics = new Metrics({ hubRevision: () => hub.revision, watchers: () => hub.watcherCount });
  const domain = workspacesDomain(surfaces, identities, access.authorizer);
  const chain = handlerChain({
    logicalCluster: {
      workspaces: domain,
      resolver: directory,
      virtualWorkspaces: [virtual],
      clusterOfToken: (token) => access.tokens.clusterOf(token),
    },
    authenticator: access.authenticator,
    inFlight: { total: 1000, perUserAndCluster: 400 },
    clusterGate: inactiveClusterGate(directory),
    authorization: { message: access.message },
  });
  const dispatch = dispatcher({
    services,
    special,
    documents: new Documents({
      special,
      version: version.gitVersion,
      serverAddress: shard.externalUrl.replace('https://', ''),
    }),
    health: {
      live: [{ name: 'ping', check: async () => undefined }],
      ready: [
        { name: 'ping', check: async () => undefined },
        {
          name: 'storage',
          async check() {
            await storage.currentRevision();
          },
        },
      ],
    },
    version,
    metrics: () => metrics.render(),
    issuer: issuerDocuments(access.tokens, shard.externalUrl),
  });
  const audit = await openAuditLog(config, input.logger);
  const server = new ApiServer({
    chain,
    dispatch,
    finished(request) {
      metrics.observe(request);
      audit?.record(request, Date.now());
    },
    clock: () => performance.now(),
  });
  const controllers = await startControllers({
    registry,
    world,
    surfaces,
    types,
    claims,
    shard,
    tokens: tokenIssuer(access),
    clock: systemClock,
    logger: input.logger,
  });
  return {
    handle:
      audit === undefined ? (request) => server.handle(request) : (request) => server.handle(rememberBody(request)),
    registry,
    hub,
    async stop() {
      await controllers.stop();
      hub.close();
      await audit?.close();
    },
  };
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
