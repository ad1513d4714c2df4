import {
  effectiveUsers,
  handlePatch,
  jsonResponse,
  type ResourceCall,
  type SpecialEndpoints,
  withAuthenticatedGroup,
} from '@canopy/apiserver';
import {
  type RuleLister,
  reviewHandlers,
  subresourceEndpoints,
  type TokenIssuer,
  type TokenReviewer,
} from '@canopy/controlplane';
import { type HomeWorkspaces, homeWorkspace } from '@canopy/kcp';
import type { AccessControl } from './access.ts';

export interface SpecialEndpointsInput {
  access: AccessControl;
  home: HomeWorkspaces;
}

/** Subresources, reviews and names that do more than the generic verbs. */
export function specialEndpoints({ access, home }: SpecialEndpointsInput): SpecialEndpoints {
  return {
    subresources: subresourceEndpoints({ tokens: tokenIssuer(access), patch: handlePatch }),
    virtual: reviewHandlers({
      authorizer: access.authorizer,
      rules: ruleLister(access),
      tokens: tokenReviewer(access),
    }),
    names: new Map([['tenancy.kcp.io/workspaces', new Map([['~', (call: ResourceCall) => homeEndpoint(home, call)]])]]),
  };
}

function homeEndpoint(home: HomeWorkspaces, call: ResourceCall) {
  const { target, info, user } = call.context;
  if (target.kind !== 'cluster' || target.name !== 'root' || info.verb !== 'get') return undefined;
  return homeWorkspace(home, user).then((workspace) => jsonResponse(200, JSON.stringify(workspace)));
}

/** ServiceAccount tokens, for the token subresource and for legacy secrets. */
export function tokenIssuer({ tokens }: AccessControl): TokenIssuer {
  return {
    async issue({ access, namespace, serviceAccount, audiences, expirationSeconds, boundObject }) {
      const chosen = audiences.length > 0 ? audiences : tokens.defaultAudiences;
      const issued = tokens.issue({
        cluster: access.cluster,
        namespace,
        ...serviceAccount,
        audiences: chosen,
        expirationSeconds,
        ...(boundObject === undefined ? {} : { bound: boundObject }),
      });
      return { ...issued, audiences: chosen };
    },
  };
}

/** A token is good for the audiences that both it and the question name; static tokens are only for this server. */
function tokenReviewer({ authenticator, tokens, dependencies }: AccessControl): TokenReviewer {
  return {
    async reviewToken(token, audiences) {
      const wanted = audiences.length > 0 ? audiences : tokens.defaultAudiences;
      for (const audience of wanted) {
        try {
          const user = await tokens.verify(token, [audience], dependencies);
          if (user === undefined) break;
          const good = await goodFor(tokens, token, { wanted, dependencies });
          return { authenticated: true, user: withAuthenticatedGroup(user), audiences: good };
        } catch (error) {
          if (audience === wanted.at(-1)) return { authenticated: false, error: (error as Error).message };
        }
      }
      const common = wanted.filter((audience) => tokens.defaultAudiences.includes(audience));
      if (common.length === 0) return { authenticated: false, error: 'the token is not for these audiences' };
      const result = await authenticator.authenticate({ bearerToken: token, headers: {} });
      if (result.outcome !== 'authenticated') {
        return {
          authenticated: false,
          error: result.outcome === 'rejected' ? result.reason : 'the token is not known',
        };
      }
      return { authenticated: true, user: withAuthenticatedGroup(result.user), audiences: common };
    },
  };
}

async function goodFor(
  tokens: AccessControl['tokens'],
  token: string,
  { wanted, dependencies }: { wanted: readonly string[]; dependencies: AccessControl['dependencies'] },
): Promise<string[]> {
  const good: string[] = [];
  for (const audience of wanted) {
    const user = await tokens.verify(token, [audience], dependencies).catch(() => undefined);
    if (user !== undefined) good.push(audience);
  }
  return good;
}

function ruleLister({ rbac }: AccessControl): RuleLister {
  return {
    async rulesFor(user, { cluster }, namespace) {
      const rules = (
        await Promise.all(
          effectiveUsers(user, cluster).map((effective) => rbac.rulesFor(effective, cluster, namespace)),
        )
      ).flat();
      const isEverything = user.groups.includes('system:masters');
      return {
        resourceRules: [
          ...(isEverything ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : []),
          ...rules.filter((rule) => rule.nonResourceURLs === undefined),
        ],
        nonResourceRules: [
          ...(isEverything ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : []),
          ...rules.filter((rule) => rule.nonResourceURLs !== undefined),
        ],
        incomplete: false,
      };
    },
  };
}
