import type { Authenticator, Authorizer } from '@canopy/apiserver';
import type { KubeObject } from '@canopy/apimachinery';
import type { DeepAuthorizer } from '@canopy/kcp';

/** Who somebody is and what they may do. */
export interface AccessControl {
  authenticator: Authenticator;
  authorizer: Authorizer;
  deep: DeepAuthorizer;
  clusterOfToken(token: string): string | undefined;
  issuer: { configuration(): unknown; keys(): unknown };
  systemPolicy: readonly KubeObject[];
  rootPolicy: readonly KubeObject[];
  message(attributes: Parameters<Authorizer['authorize']>[0], reason: string): string;
}

export function wireAccess(): AccessControl {
  return {
    authenticator: {
      name: 'dev',
      async authenticate({ bearerToken }) {
        if (bearerToken === 'dev') return { outcome: 'authenticated', user: { name: 'admin', groups: ['system:masters'] }, authenticator: 'dev' };
        return { outcome: 'absent' };
      },
    },
    authorizer: {
      name: 'dev',
      async authorize({ user }) {
        return { decision: user.groups.includes('system:masters') ? 'allow' : 'no-opinion', reason: '', authorizer: 'dev' };
      },
    },
    deep: { allowed: async () => true },
    clusterOfToken: () => undefined,
    issuer: { configuration: () => ({}), keys: () => ({}) },
    systemPolicy: [],
    rootPolicy: [],
    message: (_a, reason) => reason,
  };
}
