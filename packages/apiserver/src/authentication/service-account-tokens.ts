import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomUUID, sign, verify } from 'node:crypto';
import type { KubeObject } from '@canopy/apimachinery';
import { DerivedCache } from '@canopy/storage';
import type { AuthenticationResult, Authenticator, UserInfo } from './authenticator.ts';

export const defaultIssuer = 'https://kcp.default.svc';
const prefix = 'system:serviceaccount:';
const verifiedCapacity = 10_000;
const legacyClaims = 'kubernetes.io/serviceaccount';

export interface TokenRequest {
  cluster: string;
  namespace: string;
  name: string;
  uid: string;
  audiences: readonly string[];
  expirationSeconds: number;
  /** The object that the token lives and dies with. */
  bound?: { kind: string; name: string; uid: string };
}

/** Looks at the objects a token depends on. */
export interface TokenDependencies {
  serviceAccount(cluster: string, namespace: string, name: string): Promise<KubeObject | undefined>;
  secret(cluster: string, namespace: string, name: string): Promise<KubeObject | undefined>;
}

interface Claims {
  iss?: string;
  sub?: string;
  aud?: string[] | string;
  exp?: number;
  nbf?: number;
  iat?: number;
  'kubernetes.io'?: {
    namespace?: string;
    clusterName?: string;
    serviceaccount?: { name?: string; uid?: string };
    secret?: { name?: string; uid?: string };
  };
  [claim: string]: unknown;
}

/** What a token's signature and claims say, before anything in the store is asked. */
interface Verified {
  cluster: string;
  namespace: string;
  name: string;
  uid: string;
  secret: { name: string; uid: string } | undefined;
  audiences: readonly string[];
  /** Seconds since the epoch; undefined for legacy tokens, which do not expire. */
  notAfter: number | undefined;
  notBefore: number;
}

/** Issues and verifies ServiceAccount tokens: ES256 JWTs with the claims of Kubernetes' bound tokens and kcp's cluster. */
export class ServiceAccountTokens {
  private readonly privateKey: KeyObject;
  private readonly publicKey: KeyObject;
  private readonly keyId: string;
  private readonly issuer: string;
  private readonly now: () => number;
  private readonly verified = new DerivedCache<Verified>(verifiedCapacity);

  constructor(keyPem: string, options: { issuer: string; now: () => number }) {
    this.privateKey = createPrivateKey(keyPem);
    this.publicKey = createPublicKey(this.privateKey);
    this.keyId = createHash('sha256')
      .update(this.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64url');
    this.issuer = options.issuer;
    this.now = options.now;
  }

  get defaultAudiences(): readonly string[] {
    return [this.issuer];
  }

  issue(request: TokenRequest): { token: string; expirationTimestamp: string } {
    const issuedAt = Math.floor(this.now() / 1000);
    const expires = issuedAt + request.expirationSeconds;
    const { bound } = request;
    const token = this.sign({
      aud: [...request.audiences],
      exp: expires,
      iat: issuedAt,
      iss: this.issuer,
      jti: randomUUID(),
      'kubernetes.io': {
        clusterName: request.cluster,
        namespace: request.namespace,
        serviceaccount: { name: request.name, uid: request.uid },
        ...(bound === undefined ? {} : { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
      },
      nbf: issuedAt,
      sub: `${prefix}${request.namespace}:${request.name}`,
    });
    return { token, expirationTimestamp: `${new Date(expires * 1000).toISOString().slice(0, 19)}Z` };
  }

  /** The token of a Secret of type `kubernetes.io/service-account-token`; valid as long as both objects are. */
  issueLegacy(
    request: Omit<TokenRequest, 'audiences' | 'expirationSeconds' | 'bound'>,
    secret: { name: string },
  ): string {
    return this.sign({
      iss: 'kubernetes/serviceaccount',
      [`${legacyClaims}/clusterName`]: request.cluster,
      [`${legacyClaims}/namespace`]: request.namespace,
      [`${legacyClaims}/secret.name`]: secret.name,
      [`${legacyClaims}/service-account.name`]: request.name,
      [`${legacyClaims}/service-account.uid`]: request.uid,
      sub: `${prefix}${request.namespace}:${request.name}`,
    });
  }

  private sign(claims: Claims): string {
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${encode({ alg: 'ES256', kid: this.keyId, typ: 'JWT' })}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(input), { key: this.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  }

  /** JSON Web Key Set of the issuer. */
  keys(): { keys: Record<string, unknown>[] } {
    return { keys: [{ ...this.publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: this.keyId }] };
  }

  /** Cluster claimed by a token, unverified: only to be used for choosing where the request is handled. */
  clusterOf(token: string): string | undefined {
    const claims = decodeClaims(token);
    const cluster = claims?.['kubernetes.io']?.clusterName ?? claims?.[`${legacyClaims}/clusterName`];
    return typeof cluster === 'string' ? cluster : undefined;
  }

  /** Undefined for what is no token of this issuer; throws an Error with the reason for one that is no good. */
  async verify(
    token: string,
    audiences: readonly string[],
    dependencies: TokenDependencies,
  ): Promise<UserInfo | undefined> {
    if (!isOurs(token, this.issuer)) return undefined;
    const verified = await this.verified.get(token, async () => this.checkSignature(token));
    const now = this.now() / 1000;
    if (verified.notAfter !== undefined && now >= verified.notAfter) throw new Error('the token has expired');
    if (now + 60 < verified.notBefore) throw new Error('the token is not valid yet');
    if (verified.audiences.length > 0 && !verified.audiences.some((audience) => audiences.includes(audience))) {
      throw new Error('the token is for other audiences');
    }
    await checkDependencies(token, verified, dependencies);
    return userOf(verified);
  }

  private checkSignature(token: string): Verified {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg?: string; kid?: string };
    if (alg !== 'ES256' || (kid !== undefined && kid !== this.keyId))
      throw new Error('the token is signed with an unknown key');
    const good = verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      { key: this.publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    if (!good) throw new Error('the signature of the token is wrong');
    return readClaims(JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims);
  }
}

function decodeClaims(token: string): Claims | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] as string, 'base64url').toString());
    return typeof claims === 'object' && claims !== null ? (claims as Claims) : undefined;
  } catch {
    return undefined;
  }
}

function isOurs(token: string, issuer: string): boolean {
  const iss = decodeClaims(token)?.iss;
  return iss === issuer || iss === 'kubernetes/serviceaccount';
}

function readClaims(claims: Claims): Verified {
  const bound = claims['kubernetes.io'];
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  if (bound !== undefined) {
    const audiences = claims.aud === undefined ? [] : Array.isArray(claims.aud) ? claims.aud : [claims.aud];
    if (typeof claims.exp !== 'number') throw new Error('the token does not say when it expires');
    const { secret } = bound;
    return {
      cluster: text(bound.clusterName),
      namespace: text(bound.namespace),
      name: text(bound.serviceaccount?.name),
      uid: text(bound.serviceaccount?.uid),
      secret: secret === undefined ? undefined : { name: text(secret.name), uid: text(secret.uid) },
      audiences,
      notAfter: claims.exp,
      notBefore: claims.nbf ?? 0,
    };
  }
  const legacy = (name: string): string => text(claims[`${legacyClaims}/${name}`]);
  return {
    cluster: legacy('clusterName'),
    namespace: legacy('namespace'),
    name: legacy('service-account.name'),
    uid: legacy('service-account.uid'),
    secret: { name: legacy('secret.name'), uid: '' },
    audiences: [],
    notAfter: undefined,
    notBefore: 0,
  };
}

const legacySecretType = 'kubernetes.io/service-account-token';

async function checkDependencies(token: string, verified: Verified, dependencies: TokenDependencies): Promise<void> {
  const { cluster, namespace, name, uid, secret } = verified;
  const account = await dependencies.serviceAccount(cluster, namespace, name);
  if (account === undefined || account.metadata.uid !== uid || account.metadata.deletionTimestamp !== undefined) {
    throw new Error('the ServiceAccount of the token does not exist any more');
  }
  if (secret === undefined) return;
  const found = await dependencies.secret(cluster, namespace, secret.name);
  const isSame =
    found !== undefined && (secret.uid === '' ? holdsToken(found, token) : found.metadata.uid === secret.uid);
  if (!isSame || found.metadata.deletionTimestamp !== undefined) {
    throw new Error('the Secret of the token does not exist any more');
  }
}

/** A legacy token counts as long as the Secret it was made for holds this very token. */
function holdsToken(secret: KubeObject, token: string): boolean {
  const held = (secret.data as Record<string, string> | undefined)?.token;
  return secret.type === legacySecretType && held === Buffer.from(token).toString('base64');
}

function userOf({ cluster, namespace, name, uid }: Verified): UserInfo {
  return {
    name: `${prefix}${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    extra: {
      'authentication.kcp.io/cluster-name': [cluster],
      'authentication.kcp.io/scopes': [`cluster:${cluster}`],
    },
  };
}

export function serviceAccountAuthenticator(
  tokens: ServiceAccountTokens,
  dependencies: TokenDependencies,
): Authenticator {
  return {
    name: 'service-account',
    async authenticate({ bearerToken }): Promise<AuthenticationResult> {
      if (bearerToken === undefined) return { outcome: 'absent' };
      try {
        const user = await tokens.verify(bearerToken, tokens.defaultAudiences, dependencies);
        if (user === undefined) return { outcome: 'absent' };
        return { outcome: 'authenticated', user, authenticator: 'service-account' };
      } catch (error) {
        return { outcome: 'rejected', reason: (error as Error).message };
      }
    },
  };
}
