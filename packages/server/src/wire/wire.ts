import { randomBytes, randomUUID } from 'node:crypto';
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
import { type CrdNeighbourhood, crdStrategy, storedNeighbourhood } from '@canopy/apiextensions';
import {
  apiBindingStrategy,
  apiExportStrategy,
  apiResourceSchemaStrategy,
  type BindingWorld,
  bootstrap,
  ClusterDirectory,
  claimLabelPrefix,
  endpointSliceStrategy,
  ExportCache,
  IdentityResources,
  type NativeKinds,
  type ShardSettings,
  WorkspaceSurfaces,
  WorkspaceTypes,
  workspaceStrategy,
} from '@canopy/kcp';
import { type Change, ChangeHub, type Storage } from '@canopy/storage';
import { ApiExportVirtualWorkspace, ConsumerBindings } from '@canopy/virtual-workspaces';
import type { CompletedConfig } from '../config/complete-config.ts';
import type { AdminAccess } from '../pki/admin-kubeconfig.ts';
import { canopyVersion } from '../version.ts';
import { rememberBody } from '../audit/audit-log.ts';
import { openAuditLog } from '../audit/open-audit-log.ts';
import { wireAccess } from './access.ts';
import { admissionChain } from './admission-order.ts';
import { inactiveClusterGate } from './cluster-gate.ts';
import { dispatcher } from './dispatch.ts';
import { Documents } from './documents.ts';
import { leasePool } from './lease-pool.ts';
import type { Logger } from './logger.ts';
import { Metrics } from './metrics.ts';
import { wireNativeKinds } from './native-kinds.ts';
import { specialEndpoints } from './special-endpoints.ts';
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

const directoryCapacity = 20_000;
const maxObjectBytes = 3 * 1024 * 1024;
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

function randomSuffix(length: number): string {
  let text = '';
  for (const byte of randomBytes(length)) text += alphabet[byte % alphabet.length];
  return text;
}

/** Puts the server together: store → caches → kinds → access → admission → chain. */
export async function wire(input: WireInput): Promise<Wired> {
  const { config, storage, shard } = input;
  const hub = await ChangeHub.start(storage);
  const clock = { now: () => Date.now() };
  const registry: Registry = {
    storage,
    hub,
    clock,
    ids: { uuid: () => randomUUID(), suffix: randomSuffix },
    maxObjectBytes,
    isIndexedLabel: (key) => key.startsWith(claimLabelPrefix) || key === 'internal.apis.kcp.io/export',
    leases: leasePool(storage, clock),
  };
  const directory = new ClusterDirectory(storage, directoryCapacity);
  const exports = new ExportCache(storage);
  const types = new WorkspaceTypes(storage, directory);
  const world = { registry, directory, exports } as BindingWorld;
  const native = kinds(world, types, shard);
  world.native = native;
  const surfaces = new WorkspaceSurfaces(storage, native);
  surfacesOf.set(world, surfaces);
  const identities = new IdentityResources(storage, exports, surfaces, native);
  const bindings = new ConsumerBindings(storage);
  const access = wireAccess({ config, storage, directory, admin: input.admin, serviceAccountKey: input.serviceAccountKey, issuer: defaultIssuer });
  const virtual = new ApiExportVirtualWorkspace({ surfaces, native, directory, identities, exports, bindings, deep: access.deep });
  const caches: { onChanges(changes: readonly Change[]): void }[] = [directory, exports, types, access.rbac, surfaces, bindings, virtual];
  hub.subscribeAll((changes) => {
    for (const cache of caches) cache.onChanges(changes);
  });
  await bootstrap({ world, shard, systemPolicy, rootPolicy });

  const special = specialEndpoints({ access, home: { world, types, shard, deep: access.deep } });
  const services: EndpointServices = {
    registry,
    admission: admissionChain({ world, types, access, native, neighbourhood: neighbourhoodOf(world, surfaces) }),
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
    documents: new Documents({ special, version: version.gitVersion, serverAddress: shard.externalUrl.replace('https://', '') }),
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
  return {
    handle: audit === undefined ? (request) => server.handle(request) : (request) => server.handle(rememberBody(request)),
    registry,
    hub,
    async stop() {
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

const surfacesOf = new WeakMap<BindingWorld, WorkspaceSurfaces>();

function kinds(world: BindingWorld, types: WorkspaceTypes, shard: ShardSettings): NativeKinds {
  const surfaces = { surface: (target) => (surfacesOf.get(world) as WorkspaceSurfaces).surface(target) } as WorkspaceSurfaces;
  return wireNativeKinds(
    new Map([
      ['tenancy.kcp.io/workspaces', workspaceStrategy(world, types, shard)],
      ['apis.kcp.io/apiexports', apiExportStrategy(world, shard)],
      ['apis.kcp.io/apibindings', apiBindingStrategy(world, surfaces)],
      ['apis.kcp.io/apiexportendpointslices', endpointSliceStrategy(world, shard)],
      ['apis.kcp.io/apiresourceschemas', apiResourceSchemaStrategy],
      ['apiextensions.k8s.io/customresourcedefinitions', crdStrategy(neighbourhoodOf(world, surfaces))],
    ]),
  );
}

/** Names that CRDs of a cluster compete with: those of its other CRDs and of everything else it serves. */
function neighbourhoodOf({ registry }: BindingWorld, surfaces: WorkspaceSurfaces): CrdNeighbourhood {
  return storedNeighbourhood({
    registry,
    async boundNames(access, group) {
      const surface = await surfaces.surface({ kind: 'cluster', name: access.cluster });
      const bound = surface.all().filter(({ declaration, origin }) => declaration.group === group && origin.kind !== 'crd');
      return bound.map(({ declaration: { names } }) => ({
        ...names,
        shortNames: [...names.shortNames],
        categories: [...names.categories],
      }));
    },
  });
}
