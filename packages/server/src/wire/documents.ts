import { wireFactsOf } from '@canopy/api';
import {
  type ApiResponse,
  type ApiSurface,
  type AuthorizedContext,
  answerDiscovery,
  compressResponse,
  DiscoveryCache,
  type DiscoveryDocuments,
  gzipOnce,
  OpenApiDocuments,
  renderDiscovery,
  type ServedResource,
  type SpecialEndpoints,
} from '@canopy/apiserver';

export interface DocumentsOptions {
  special: SpecialEndpoints;
  version: string;
  serverAddress: string;
}

const discoveryCacheBytes = 8 * 1024 * 1024;
const openApiCacheBytes = 32 * 1024 * 1024;

/** Discovery and OpenAPI, rendered once per surface and shared by all logical clusters that have it. */
export class Documents {
  private readonly options: DocumentsOptions;
  private readonly discoveries = new DiscoveryCache(discoveryCacheBytes);
  private readonly openApi: OpenApiDocuments;

  constructor(options: DocumentsOptions) {
    this.options = options;
    this.openApi = new OpenApiDocuments({
      subresourcesOf: (resource) => this.subresources(resource),
      info: { title: 'Canopy', version: options.version },
      definitionNameOf: (schema) => wireFactsOf(schema)?.message,
      maxCacheBytes: openApiCacheBytes,
    });
  }

  private subresources(resource: ServedResource) {
    const namespaced = resource.declaration.scope === 'Namespaced';
    const own =
      this.options.special.subresources.get(`${resource.declaration.group}/${resource.declaration.names.plural}`) ?? [];
    return own.map(({ name, kind, group, version, verbs }) => ({
      name,
      kind,
      ...(group === undefined ? {} : { group }),
      ...(version === undefined ? {} : { version }),
      verbs,
      namespaced,
    }));
  }

  /** Undefined when the path is none of a document. */
  async answer(context: AuthorizedContext): Promise<ApiResponse | undefined> {
    const { apiPath, query, headers, domain, target, urlPrefix } = context;
    if (apiPath === '/api' || apiPath === '/apis' || apiPath.startsWith('/api/') || apiPath.startsWith('/apis/')) {
      const surface = await domain.surface(target);
      const answer = answerDiscovery(this.discovery(surface), { path: apiPath, query, headers });
      return answer && compressResponse(answer, headers['accept-encoding'], gzipOnce);
    }
    if (!apiPath.startsWith('/openapi/')) return undefined;
    return this.openApi.answer(await domain.surface(target), { path: apiPath, urlPrefix, query, headers });
  }

  private discovery(surface: ApiSurface): DiscoveryDocuments {
    return this.discoveries.get(surface.hash, () =>
      renderDiscovery(surface, {
        subresourcesOf: (resource) => this.subresources(resource),
        serverAddress: this.options.serverAddress,
      }),
    );
  }
}
