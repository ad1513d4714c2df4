import type { KubeObject } from '@canopy/apimachinery';
import { type ApiSurface, makeSurface, type ServedResource } from '@canopy/apiserver';
import {
  type CachedExport,
  type ClusterDirectory,
  type ExportClaim,
  exportSpecOf,
  type IdentityResources,
  identityHashOfExport,
  type NativeKinds,
  type WorkspaceSurfaces,
} from '@canopy/kcp';

export interface ExportSurfaceSources {
  surfaces: WorkspaceSurfaces;
  native: NativeKinds;
  directory: ClusterDirectory;
  identities: IdentityResources;
}

/** What one export's virtual workspace serves. */
export interface ExportSurface {
  surface: ApiSurface;
  /** Resources that are served because of a claim, by `<group>/<resource>`. */
  claimed: ReadonlyMap<string, ExportClaim>;
  /** The export's own resources, by `<group>/<resource>`. */
  own: ReadonlySet<string>;
}

const bindingKey = 'apis.kcp.io/apibindings';

/** The export's resources under its identity, what it claims, and its bindings. Own resources win over claims. */
export async function exportSurface(
  sources: ExportSurfaceSources,
  cluster: string,
  name: string,
  exported: CachedExport,
): Promise<ExportSurface> {
  const identity = identityHashOfExport(exported.object);
  const resources: ServedResource[] = [];
  const own = new Set<string>();
  for (const { resource, schema } of exported.schemas) {
    if (schema === undefined) continue;
    const served = await ownResource(sources, { cluster, name, identity, schema }, resource);
    if (served === undefined) continue;
    resources.push(served);
    own.add(`${resource.group}/${resource.name}`);
  }
  const claimed = new Map<string, ExportClaim>();
  for (const claim of exportSpecOf(exported.object).permissionClaims ?? []) {
    const key = `${claim.group ?? ''}/${claim.resource}`;
    if (own.has(key) || claimed.has(key)) continue;
    const served = await claimedResource(sources, claim);
    if (served === undefined) continue;
    resources.push(served);
    claimed.set(key, claim);
  }
  if (!claimed.has(bindingKey)) resources.push(sources.native.find('apis.kcp.io', 'apibindings'));
  return { surface: makeSurface(resources), claimed, own };
}

async function ownResource(
  sources: ExportSurfaceSources,
  at: { cluster: string; name: string; identity: string; schema: KubeObject },
  resource: { group: string; name: string },
): Promise<ServedResource | undefined> {
  if (at.cluster === 'root' && sources.native.byRootExport.has(at.name))
    return sources.native.find(resource.group, resource.name);
  return sources.surfaces.servedSchema(at.schema.metadata.uid ?? '', at.identity, {
    exportCluster: at.cluster,
    exportName: at.name,
    terminating: false,
    unboundSchema: at.schema,
  });
}

async function claimedResource(sources: ExportSurfaceSources, claim: ExportClaim): Promise<ServedResource | undefined> {
  if (claim.identityHash) return sources.identities.resource(claim.group ?? '', claim.resource, claim.identityHash);
  const served = sources.native.everywhere.find(
    ({ declaration }) => declaration.group === (claim.group ?? '') && declaration.names.plural === claim.resource,
  );
  return served;
}
