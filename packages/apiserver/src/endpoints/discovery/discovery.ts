import { notAcceptable } from '@canopy/apimachinery';
import type { ApiSurface } from '../../registry/served-resource.ts';
import { type CompleteResponse, jsonResponse } from '../api-response.ts';
import { covers, parseAccept } from '../negotiation/accept.ts';
import { encodeJson, wantsPretty } from '../negotiation/encode-body.ts';
import { matchesEtag } from '../negotiation/etag.ts';
import { type AggregatedDocument, type AggregatedVersion, aggregatedDocuments } from './aggregated-document.ts';
import { discoverGroups, type SubresourcesOf } from './discovered-resource.ts';
import { legacyDocuments } from './legacy-documents.ts';

/** All discovery documents of one surface, encoded. To be cached by the hash of the surface. */
export interface DiscoveryDocuments {
  /** `/api`, `/apis`, `/apis/<group>`, `/api/<version>` and `/apis/<group>/<version>`. */
  legacy: ReadonlyMap<string, Buffer>;
  /** `/api` and `/apis`. */
  aggregated: ReadonlyMap<string, Readonly<Record<AggregatedVersion, AggregatedDocument>>>;
}

export interface DiscoveryOptions {
  subresourcesOf: SubresourcesOf;
  /** `host:port` under which clients reach the server. */
  serverAddress: string;
}

export function renderDiscovery(surface: ApiSurface, options: DiscoveryOptions): DiscoveryDocuments {
  const groups = discoverGroups(surface, options.subresourcesOf);
  return {
    legacy: legacyDocuments(groups, options.serverAddress),
    aggregated: new Map([
      ['/api', aggregatedDocuments(groups.filter((g) => g.group === ''))],
      ['/apis', aggregatedDocuments(groups.filter((g) => g.group !== ''))],
    ]),
  };
}

export interface DiscoveryRequest {
  /** Path behind the logical cluster, `/apis/apps`; a trailing slash does not matter. */
  path: string;
  query: URLSearchParams;
  /** Lower-case names; `accept`, `if-none-match` and `user-agent` count. */
  headers: Readonly<Record<string, string | undefined>>;
}

/**
 * The answer to a discovery request; undefined when the path is none of the surface's, 406 when the client accepts no
 * JSON. Aggregated documents carry an ETag and answer 304 to whoever has them already.
 */
export function answerDiscovery(
  documents: DiscoveryDocuments,
  request: DiscoveryRequest,
): CompleteResponse | undefined {
  const path = request.path.endsWith('/') ? request.path.slice(0, -1) : request.path;
  const { headers } = request;
  const legacy = documents.legacy.get(path);
  if (legacy === undefined) return undefined;
  const aggregated = documents.aggregated.get(path);
  const choice = chooseDocument(headers['accept'], aggregated !== undefined);
  if (choice !== 'legacy' && aggregated !== undefined)
    return answerAggregated(aggregated[choice], choice, headers['if-none-match']);
  const body = wantsPretty(request.query, headers['user-agent'])
    ? encodeJson(JSON.parse(legacy.toString()), true)
    : legacy;
  return jsonResponse(200, body, {
    'cache-control': 'no-cache, private',
    ...(aggregated === undefined ? {} : { vary: 'Accept' }),
  });
}

function answerAggregated(
  document: AggregatedDocument,
  version: AggregatedVersion,
  ifNoneMatch: string | undefined,
): CompleteResponse {
  const headers = { etag: document.etag, vary: 'Accept', 'cache-control': 'public' };
  if (matchesEtag(ifNoneMatch, document.etag)) return { kind: 'complete', status: 304, headers, body: undefined };
  // Clients tell by the parameters of the content type whether they got the aggregated document.
  const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  return { kind: 'complete', status: 200, headers: { 'content-type': contentType, ...headers }, body: document.body };
}

function chooseDocument(accept: string | undefined, aggregatedOffered: boolean): AggregatedVersion | 'legacy' {
  if (accept === undefined || accept === '') return 'legacy';
  let protobuf = false;
  for (const clause of parseAccept(accept)) {
    const { as, g: group, v: version } = clause.params;
    const plain = as === undefined && group === undefined && version === undefined;
    if (!covers(clause, 'application', 'json')) {
      // As with resources, JSON is what clients get that only speak protobuf.
      protobuf ||= plain && clause.subtype === 'vnd.kubernetes.protobuf';
      continue;
    }
    if (plain) return 'legacy';
    if (!aggregatedOffered || group !== 'apidiscovery.k8s.io' || as !== 'APIGroupDiscoveryList') continue;
    if (version === 'v2' || version === 'v2beta1') return version;
  }
  if (protobuf) return 'legacy';
  throw notAcceptable(['application/json']);
}
