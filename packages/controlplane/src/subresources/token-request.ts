import { tokenRequestSchema } from '@canopy/api';
import {
  badRequest,
  conflict,
  type FieldError,
  invalid,
  invalidValue,
  type KubeObject,
  notFound,
} from '@canopy/apimachinery';
import {
  type ApiResponse,
  type ClusterAccess,
  decodeBody,
  expectKind,
  findObject,
  getObject,
  isObject,
  jsonResponse,
  objectOf,
  objectRequestOf,
  type ResourceCall,
  readBody,
} from '@canopy/apiserver';

/** An object that a token lives and dies with. */
export interface BoundObject {
  kind: string;
  apiVersion: string;
  name: string;
  uid: string;
}

export interface ServiceAccountTokenRequest {
  access: ClusterAccess;
  namespace: string;
  serviceAccount: { name: string; uid: string };
  /** Empty: the API server's own. */
  audiences: readonly string[];
  expirationSeconds: number;
  boundObject: BoundObject | undefined;
}

/** Makes tokens of service accounts. */
export interface TokenIssuer {
  issue(request: ServiceAccountTokenRequest): Promise<{
    token: string;
    /** RFC 3339. */
    expirationTimestamp: string;
    audiences: readonly string[];
  }>;
}

interface TokenRequestSpec {
  audiences?: string[] | null;
  expirationSeconds?: number | null;
  boundObjectRef?: Partial<BoundObject> | null;
}

const defaultExpirationSeconds = 3600;
const minExpirationSeconds = 600;
const maxExpirationSeconds = 2 ** 32;
const apiVersion = 'authentication.k8s.io/v1';

/** POST `serviceaccounts/<name>/token`: a new token of the account. Nothing is stored. */
export async function handleTokenRequest(call: ResourceCall, issuer: TokenIssuer): Promise<ApiResponse> {
  const request = objectRequestOf(call);
  const body = expectKind(
    await decodeBody(await readBody(call.context), call.context.headers['content-type'], tokenRequestSchema),
    {
      apiVersion,
      kind: 'TokenRequest',
    },
  );
  const spec = specOf(body);
  const account = objectOf(await getObject(call.services.registry, request));
  const namespace = request.namespace as string;
  checkMetadata(body, { name: request.name, namespace });
  const errors = validateSpec(spec);
  if (errors.length > 0)
    throw invalid({ group: 'authentication.k8s.io', resource: 'TokenRequest' }, request.name, errors);
  const boundObject = await boundObjectOf(call, spec.boundObjectRef, namespace);
  const expirationSeconds = spec.expirationSeconds ?? defaultExpirationSeconds;
  const issued = await issuer.issue({
    access: request.access,
    namespace,
    serviceAccount: { name: request.name, uid: account.metadata.uid ?? '' },
    audiences: spec.audiences ?? [],
    expirationSeconds,
    boundObject,
  });
  const { token, expirationTimestamp, audiences } = issued;
  const answer = {
    kind: 'TokenRequest',
    apiVersion,
    metadata: { name: request.name, namespace, creationTimestamp: timestampNow(call) },
    spec: {
      audiences,
      expirationSeconds,
      boundObjectRef: boundObject ?? null,
    },
    status: { token, expirationTimestamp },
  };
  return jsonResponse(201, JSON.stringify(answer));
}

function timestampNow(call: ResourceCall): string {
  return `${new Date(call.services.registry.clock.now()).toISOString().slice(0, 19)}Z`;
}

function specOf(body: KubeObject): TokenRequestSpec {
  const { spec } = body;
  if (spec === undefined || spec === null) return {};
  if (!isObject(spec)) throw badRequest('spec must be an object');
  const { audiences, expirationSeconds, boundObjectRef } = spec;
  const isList =
    audiences === undefined ||
    audiences === null ||
    (Array.isArray(audiences) && audiences.every((a) => typeof a === 'string'));
  if (!isList) throw badRequest('spec.audiences must be a list of strings');
  if (expirationSeconds !== undefined && expirationSeconds !== null && !Number.isInteger(expirationSeconds)) {
    throw badRequest('spec.expirationSeconds must be an integer');
  }
  if (boundObjectRef !== undefined && boundObjectRef !== null && !isObject(boundObjectRef)) {
    throw badRequest('spec.boundObjectRef must be an object');
  }
  return spec as TokenRequestSpec;
}

function checkMetadata(body: KubeObject, url: { name: string; namespace: string }): void {
  const { name, namespace } = body.metadata;
  if (name && name !== url.name)
    throw badRequest(`the service account name in the body (${name}) does not match the one in the URL (${url.name})`);
  if (namespace && namespace !== url.namespace)
    throw badRequest('the namespace of the body does not match the one in the URL');
}

function validateSpec({ expirationSeconds }: TokenRequestSpec): FieldError[] {
  const field = 'spec.expirationSeconds';
  if (typeof expirationSeconds !== 'number') return [];
  if (expirationSeconds < minExpirationSeconds) {
    return [invalidValue(field, expirationSeconds, 'may not specify a duration less than 10 minutes')];
  }
  if (expirationSeconds > maxExpirationSeconds) {
    return [invalidValue(field, expirationSeconds, 'may not specify a duration larger than 2^32 seconds')];
  }
  return [];
}

const secretResource = { group: '', resource: 'secrets' };

/** Of the kinds that Kubernetes binds tokens to, only Secret exists here. */
async function boundObjectOf(
  call: ResourceCall,
  reference: TokenRequestSpec['boundObjectRef'],
  namespace: string,
): Promise<BoundObject | undefined> {
  if (reference === undefined || reference === null) return undefined;
  const { kind, apiVersion: version = 'v1', name = '', uid = '' } = reference;
  if (kind !== 'Secret' || version !== 'v1') {
    throw badRequest(`cannot bind token for serviceaccount to object of type ${version}, Kind=${kind ?? ''}`);
  }
  const surface = await call.context.domain.surface(call.context.target);
  const resource = surface.find('', 'secrets');
  if (resource === undefined) throw notFound(secretResource, name);
  const found = await findObject(call.services.registry, {
    ...objectRequestOf(call),
    resource,
    namespace,
    version: 'v1',
    name,
  });
  if (found === undefined) throw notFound(secretResource, name);
  const actual = objectOf(found).metadata.uid ?? '';
  if (uid !== '' && uid !== actual) {
    throw conflict(
      secretResource,
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  return { kind, apiVersion: version, name, uid: actual };
}
