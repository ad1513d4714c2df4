import { pathNotFound } from '@canopy/apimachinery';
import {
  type ApiResponse,
  type AuthorizedContext,
  dispatchResource,
  type EndpointServices,
  type HealthChecks,
  handleHealth,
  jsonResponse,
  type SpecialEndpoints,
  textResponse,
  type VersionInfo,
} from '@canopy/apiserver';
import type { Documents } from './documents.ts';

export interface DispatchOptions {
  services: EndpointServices;
  special: SpecialEndpoints;
  documents: Documents;
  health: HealthChecks;
  version: VersionInfo;
  metrics(): Promise<{ contentType: string; text: string }>;
  /** Public keys of the ServiceAccount token issuer. */
  issuer: { configuration(): unknown; keys(): unknown };
}

/** What answers a request that everybody before has let through. */
export function dispatcher(options: DispatchOptions): (context: AuthorizedContext) => Promise<ApiResponse> {
  const version = JSON.stringify(options.version, null, 2);
  const answerPath = async (context: AuthorizedContext): Promise<ApiResponse> => {
    const { apiPath, method, target } = context;
    if (method !== 'GET' && method !== 'HEAD') throw pathNotFound();
    const document = await options.documents.answer(context);
    if (document !== undefined) return document;
    if (apiPath === '/version' || apiPath === '/version/') return jsonResponse(200, version);
    const health = await handleHealth(options.health, apiPath, context.query);
    if (health !== undefined) return health;
    if (apiPath === '/metrics') return answerMetrics(options, target.kind !== 'none');
    if (apiPath === '/.well-known/openid-configuration')
      return jsonResponse(200, JSON.stringify(options.issuer.configuration()));
    if (apiPath === '/openid/v1/jwks')
      return jsonResponse(200, JSON.stringify(options.issuer.keys()), { 'content-type': 'application/jwk-set+json' });
    if (apiPath === '/') return jsonResponse(200, JSON.stringify({ paths: rootPaths }));
    throw pathNotFound();
  };
  return (context) =>
    context.info.resourceRequest ? dispatchResource(options.services, options.special, context) : answerPath(context);
}

const rootPaths = [
  '/api',
  '/apis',
  '/clusters',
  '/healthz',
  '/livez',
  '/metrics',
  '/openapi/v2',
  '/openapi/v3',
  '/readyz',
  '/services',
  '/version',
];

async function answerMetrics(options: DispatchOptions, scoped: boolean): Promise<ApiResponse> {
  if (scoped) return textResponse(501, 'shard-level endpoint not available at workspace scope');
  const { contentType, text } = await options.metrics();
  return { kind: 'complete', status: 200, headers: { 'content-type': contentType }, body: text };
}
