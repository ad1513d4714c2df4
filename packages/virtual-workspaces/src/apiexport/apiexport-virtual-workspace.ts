import type { ApiDomain, ClusterTarget, Restriction, ServedResource, VirtualWorkspace } from '@canopy/apiserver';
import {
  DerivedCache,
  labelIndex,
  labelIndexValue,
  logicalClusterName,
  parseLogicalClusterName,
} from '@canopy/apiserver';
import {
  claimLabelKey,
  claimLabelValue,
  type DeepAuthorizer,
  type ExportCache,
  exportHash,
  identityHashOfExport,
} from '@canopy/kcp';
import type { Change } from '@canopy/storage';
import { type ConsumerBindings, claimsOf } from './consumer-bindings.ts';
import { type ExportAuthorizerOptions, exportAuthorizer, refusalOfUnknown } from './export-authorizer.ts';
import { type ExportSurface, type ExportSurfaceSources, exportSurface } from './export-surface.ts';
import { selectorAdmission } from './selector-admission.ts';

export interface ApiExportVirtualWorkspaceOptions extends ExportSurfaceSources {
  exports: ExportCache;
  bindings: ConsumerBindings;
  deep: DeepAuthorizer;
}

const capacity = 500;
const exportLabel = 'internal.apis.kcp.io/export';

/**
 * `/services/apiexport/<cluster>/<export>/…`: the orders of all consumers of one export under one URL. Objects of the
 * export's resources lie under its identity, claimed objects carry its claim label; both are found by key or index, never
 * by looking at other objects.
 */
export class ApiExportVirtualWorkspace implements VirtualWorkspace {
  readonly name = 'apiexport';
  private readonly options: ApiExportVirtualWorkspaceOptions;
  private readonly surfaces = new DerivedCache<ExportSurface | 'missing'>(capacity);
  private readonly domains = new Map<string, ApiDomain>();

  constructor(options: ApiExportVirtualWorkspaceOptions) {
    this.options = options;
  }

  /** After the caches that it builds on. */
  onChanges(changes: readonly Change[]): void {
    if (
      changes.some(
        ({ key }) =>
          key.startsWith('/r/apis.kcp.io/apiexports/') || key.startsWith('/r/apis.kcp.io/apiresourceschemas/'),
      )
    ) {
      this.surfaces.clear();
    }
    if (
      changes.some(({ key }) => key.startsWith('/r/apiextensions.k8s.io/customresourcedefinitions/system:bound-crds/'))
    ) {
      this.surfaces.clear();
    }
  }

  async match(rest: string): Promise<{ domain: ApiDomain; keyLength: number } | undefined> {
    const parts = /^\/([^/]+)\/([^/]+)(?=\/|$)/.exec(rest);
    const [whole, cluster, name] = parts ?? [];
    if (whole === undefined || cluster === undefined || name === undefined) return undefined;
    if (parseLogicalClusterName(cluster) === undefined) return undefined;
    if ((await this.find(cluster, name)) === undefined) return undefined;
    return { domain: this.domain(cluster, name), keyLength: whole.length };
  }

  /** Exports without an identity are not served. */
  private async find(cluster: string, name: string): Promise<ExportSurface | undefined> {
    const found = await this.surfaces.get(`${cluster}/${name}`, async () => {
      const exported = await this.options.exports.find(cluster, name);
      if (exported === undefined || identityHashOfExport(exported.object) === '') return 'missing';
      return exportSurface(this.options, cluster, name, exported);
    });
    return found === 'missing' ? undefined : found;
  }

  private domain(cluster: string, name: string): ApiDomain {
    const key = `${cluster}/${name}`;
    let domain = this.domains.get(key);
    if (domain === undefined) {
      domain = this.makeDomain(cluster, name);
      this.domains.set(key, domain);
      if (this.domains.size > capacity) this.domains.delete(this.domains.keys().next().value as string);
    }
    return domain;
  }

  private makeDomain(cluster: string, name: string): ApiDomain {
    const { exports, bindings, deep, native } = this.options;
    const empty = { find: () => undefined, all: () => [], hash: 'empty' };
    const claimIn = async (target: string, group: string, resource: string) => {
      const exported = await exports.find(cluster, name);
      const binding = exported === undefined ? undefined : await bindings.to(cluster, name, target);
      if (exported === undefined || binding === undefined) return undefined;
      return claimsOf(exported.object, binding).find((claim) => claim.group === group && claim.resource === resource);
    };
    const access: ExportAuthorizerOptions = {
      exportCluster: logicalClusterName(cluster),
      exportName: name,
      exportObject: async () => (await exports.find(cluster, name))?.object,
      bindings,
      deep,
    };
    return {
      name: 'apiexport',
      prefix: `/services/apiexport/${cluster}/${name}`,
      surface: async () => (await this.find(cluster, name))?.surface ?? empty,
      resource: async (_target, info) => (await this.find(cluster, name))?.surface.find(info.group, info.resource),
      authorizer: exportAuthorizer(access),
      refusalOfUnknown: (attributes) => refusalOfUnknown(access, attributes),
      admission: [
        selectorAdmission(async (request) => {
          const { group, names } = request.resource.declaration;
          const own = (await this.find(cluster, name))?.own.has(`${group}/${names.plural}`);
          return own === true ? undefined : claimIn(request.access.cluster, group, names.plural);
        }),
      ],
      restriction: (_target: ClusterTarget, resource: ServedResource) =>
        this.restriction(cluster, name, resource, native.find('apis.kcp.io', 'apibindings')),
    };
  }

  /** Own resources need none: everything under the identity is theirs. Claims and bindings are told by their label. */
  private async restriction(
    cluster: string,
    name: string,
    resource: ServedResource,
    bindingKind: ServedResource,
  ): Promise<Restriction | undefined> {
    const { group, names } = resource.declaration;
    const key = `${group}/${names.plural}`;
    const found = await this.find(cluster, name);
    if (found === undefined || found.own.has(key) || resource.declaration.virtual === true) return undefined;
    const claim = found.claimed.get(key);
    const isBinding = group === bindingKind.declaration.group && names.plural === bindingKind.declaration.names.plural;
    const label = isBinding
      ? { key: exportLabel, value: exportHash(cluster, name) }
      : { key: claimLabelKey(cluster, name), value: claimLabelValue(claim ?? { group, resource: names.plural }) };
    return {
      visible: (object) => object.metadata.labels?.[label.key] === label.value,
      index: { index: labelIndex, value: labelIndexValue({ group, resource: names.plural }, label.key, label.value) },
    };
  }
}
