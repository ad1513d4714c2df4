import { createHash } from 'node:crypto';
import { apiVersionOf, notAcceptable } from '@canopy/apimachinery';
import type { ApiSurface } from '../../registry/served-resource.ts';
import { type CompleteResponse, jsonResponse } from '../api-response.ts';
import { type DiscoveredGroup, discoverGroups, type SubresourcesOf } from '../discovery/discovered-resource.ts';
import { covers, parseAccept } from '../negotiation/accept.ts';
import { acceptsGzip } from '../negotiation/compression.ts';
import { matchesEtag } from '../negotiation/etag.ts';
import { groupVersionHash } from './content-hash.ts';
import type { DefinitionNameOf } from './definition-set.ts';
import { DocumentCache, type EncodedDocument } from './document-cache.ts';
import { type DocumentInfo, documentV2 } from './document-v2.ts';
import { documentV3 } from './document-v3.ts';
import { encodeGnostic } from './gnostic-document.ts';

export interface OpenApiOptions {
  subresourcesOf: SubresourcesOf;
  info: DocumentInfo;
  /** Names of the definitions that native schemas refer to. Must always say the same of a schema. */
  definitionNameOf: DefinitionNameOf;
  /** Bound of the memory for encoded documents, bytes. */
  maxCacheBytes: number;
}

export interface OpenApiRequest {
  /** Path behind the logical cluster, `/openapi/v3/apis/apps/v1`. */
  path: string;
  /** What stood before it, `/clusters/root:org`; links in answers start with it. */
  urlPrefix: string;
  query: URLSearchParams;
  /** Lower-case names; `accept`, `accept-encoding` and `if-none-match` count. */
  headers: Readonly<Record<string, string | undefined>>;
}

interface GroupVersionDocument {
  group: DiscoveredGroup;
  hash: string;
}

const protobufTypes = new Set([
  'com.github.proto-openapi.spec.v2@v1.0+protobuf',
  'com.github.proto-openapi.spec.v2.v1.0+protobuf',
]);
/** Without the `@` that clients send: it may not stand in a media type, and Go does not parse it. */
const protobufContentType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const yearSeconds = 365 * 24 * 60 * 60;

/**
 * Serves `/openapi/v2` and `/openapi/v3` of any number of surfaces. Documents are made when they are first asked for;
 * those of group versions are shared by all surfaces in which the group version has the same content.
 */
export class OpenApiDocuments {
  private readonly options: OpenApiOptions;
  private readonly cache: DocumentCache;
  private readonly indexes = new WeakMap<ApiSurface, ReadonlyMap<string, GroupVersionDocument>>();

  constructor(options: OpenApiOptions) {
    this.options = options;
    this.cache = new DocumentCache(options.maxCacheBytes);
  }

  /** The answer to a request for a document; undefined when there is none at the path, 406 for unknown formats. */
  async answer(surface: ApiSurface, request: OpenApiRequest): Promise<CompleteResponse | undefined> {
    const path = request.path.endsWith('/') ? request.path.slice(0, -1) : request.path;
    if (path === '/openapi/v2') return this.answerV2(surface, request);
    if (path === '/openapi/v3') return this.answerIndex(surface, request);
    if (path.startsWith('/openapi/v3/')) return this.answerV3(surface, path.slice('/openapi/v3/'.length), request);
    return undefined;
  }

  private async answerV2(surface: ApiSurface, request: OpenApiRequest): Promise<CompleteResponse> {
    const format = formatOf(request.headers['accept'], true);
    const document = await this.cache.get(`v2/${format}/${surface.hash}`, () => {
      const built = documentV2(discoverGroups(surface, this.options.subresourcesOf), this.options);
      return format === 'json' ? Buffer.from(JSON.stringify(built)) : encodeGnostic(built);
    });
    return respond(request, document, {
      'content-type': format === 'json' ? 'application/json' : protobufContentType,
      etag: `"${etagOf(`v2/${format}/${surface.hash}`)}"`,
      'cache-control': 'no-cache, private',
    });
  }

  private answerIndex(surface: ApiSurface, request: OpenApiRequest): CompleteResponse {
    formatOf(request.headers['accept'], false);
    const paths: Record<string, { serverRelativeURL: string }> = {};
    for (const [path, { hash }] of this.indexOf(surface)) {
      paths[path] = { serverRelativeURL: documentUrl(request, path, hash) };
    }
    const body = JSON.stringify({ paths });
    const headers = { etag: `"${etagOf(body)}"`, 'cache-control': 'no-cache, private', vary: 'Accept' };
    if (matchesEtag(request.headers['if-none-match'], headers.etag)) return notModified(headers);
    return jsonResponse(200, body, headers);
  }

  private async answerV3(
    surface: ApiSurface,
    path: string,
    request: OpenApiRequest,
  ): Promise<CompleteResponse | undefined> {
    const found = this.indexOf(surface).get(path);
    if (found === undefined) return undefined;
    formatOf(request.headers['accept'], false);
    const { group, hash } = found;
    const asked = request.query.get('hash');
    if (asked !== null && asked !== '' && asked !== hash) {
      return {
        kind: 'complete',
        status: 301,
        headers: { location: documentUrl(request, path, hash) },
        body: undefined,
      };
    }
    const document = await this.cache.get(`v3/${hash}`, () =>
      Buffer.from(JSON.stringify(documentV3(group, this.options))),
    );
    const forever = asked === hash;
    return respond(request, document, {
      'content-type': 'application/json',
      etag: `"${hash}"`,
      'cache-control': forever ? `public, immutable, max-age=${yearSeconds}` : 'no-cache, private',
    });
  }

  /** Group versions of a surface by path, `api/v1` or `apis/apps/v1`. */
  private indexOf(surface: ApiSurface): ReadonlyMap<string, GroupVersionDocument> {
    let index = this.indexes.get(surface);
    if (index === undefined) {
      index = makeIndex(discoverGroups(surface, this.options.subresourcesOf), this.options.info);
      this.indexes.set(surface, index);
    }
    return index;
  }
}

function makeIndex(groups: readonly DiscoveredGroup[], info: DocumentInfo): Map<string, GroupVersionDocument> {
  const index = new Map<string, GroupVersionDocument>();
  for (const { group, versions } of groups) {
    for (const version of versions) {
      const one = { group, versions: [version] };
      const path = `${group === '' ? 'api' : 'apis'}/${apiVersionOf(group, version.version)}`;
      index.set(path, { group: one, hash: groupVersionHash(one, info) });
    }
  }
  return index;
}

function documentUrl(request: OpenApiRequest, path: string, hash: string): string {
  return `${request.urlPrefix}/openapi/v3/${path}?hash=${hash}`;
}

function etagOf(content: string): string {
  return createHash('sha256').update(content).digest('hex').toUpperCase();
}

function formatOf(accept: string | undefined, protobufOffered: boolean): 'json' | 'protobuf' {
  if (accept === undefined || accept === '') return 'json';
  for (const clause of parseAccept(accept)) {
    if (protobufOffered && clause.type === 'application' && protobufTypes.has(clause.subtype)) return 'protobuf';
    if (covers(clause, 'application', 'json')) return 'json';
  }
  throw notAcceptable(protobufOffered ? ['application/json', protobufContentType] : ['application/json']);
}

function respond(
  request: OpenApiRequest,
  document: EncodedDocument,
  fixed: Record<string, string> & { etag: string },
): CompleteResponse {
  const headers = { ...fixed, vary: 'Accept, Accept-Encoding' };
  if (matchesEtag(request.headers['if-none-match'], fixed.etag)) return notModified(headers);
  if (!acceptsGzip(request.headers['accept-encoding']))
    return { kind: 'complete', status: 200, headers, body: document.body };
  return { kind: 'complete', status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: document.gzip };
}

function notModified(headers: Record<string, string>): CompleteResponse {
  const { 'content-type': _, ...rest } = headers;
  return { kind: 'complete', status: 304, headers: rest, body: undefined };
}
