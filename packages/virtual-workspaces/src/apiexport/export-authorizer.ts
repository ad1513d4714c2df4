import type { KubeObject } from '@canopy/apimachinery';
import {
  type Authorization,
  type AuthorizationAttributes,
  type Authorizer,
  type LogicalClusterName,
  systemMasters,
} from '@canopy/apiserver';
import { claimAllows, type DeepAuthorizer } from '@canopy/kcp';
import { type ConsumerBindings, claimsOf } from './consumer-bindings.ts';

export interface ExportAuthorizerOptions {
  exportCluster: LogicalClusterName;
  exportName: string;
  exportObject(): Promise<KubeObject | undefined>;
  bindings: ConsumerBindings;
  deep: DeepAuthorizer;
}

const readVerbs = new Set(['get', 'list', 'watch']);
const name = 'virtual-apiexport';
const noBinding = 'could not find suitable APIBinding in target logical cluster';

/**
 * Who may do what through an export's virtual workspace: the consumer must have bound the export, the resource must be
 * bound or claimed and accepted with that verb, and the caller needs the verb on `apiexports/content` of the export.
 */
export function exportAuthorizer(options: ExportAuthorizerOptions): Authorizer {
  return {
    name,
    async authorize(attributes) {
      if (attributes.cluster === undefined && !attributes.wildcard && !attributes.resourceRequest)
        return content(options, attributes);
      const exportObject = await options.exportObject();
      if (exportObject === undefined) return decided('deny', 'the export does not exist');
      // First, so that strangers hear the same of every logical cluster.
      const mayAct = await content(options, attributes);
      if (mayAct.decision !== 'allow' || attributes.cluster === undefined) return mayAct;
      const refusal = await refusedByBinding(options, attributes, exportObject);
      return refusal === undefined ? mayAct : decided('deny', refusal);
    },
  };
}

/** What is said of a logical cluster that does not exist: the same as of one that has not bound the export. */
export async function refusalOfUnknown(
  options: ExportAuthorizerOptions,
  attributes: AuthorizationAttributes,
): Promise<string> {
  const mayAct = await content(options, attributes);
  return mayAct.decision === 'allow' ? noBinding : mayAct.reason;
}

function decided(decision: Authorization['decision'], reason: string): Authorization {
  return { decision, reason, authorizer: name };
}

async function refusedByBinding(
  options: ExportAuthorizerOptions,
  attributes: AuthorizationAttributes,
  exportObject: KubeObject,
): Promise<string | undefined> {
  const binding = await options.bindings.to(options.exportCluster, options.exportName, attributes.cluster as string);
  if (binding === undefined) return noBinding;
  if (!attributes.resourceRequest) return undefined;
  const { group, resource, verb } = attributes;
  if (binding.bound.includes(`${group}/${resource}`)) return undefined;
  const claimGroup = group === 'events.k8s.io' && resource === 'events' ? '' : group;
  const claim = claimsOf(exportObject, binding).find(
    (candidate) => candidate.group === claimGroup && candidate.resource === resource,
  );
  if (claim !== undefined && claimAllows(claim, verb)) return undefined;
  if (group === 'apis.kcp.io' && resource === 'apibindings') {
    return readVerbs.has(verb) ? undefined : 'write access to APIBinding is not allowed from virtual workspace';
  }
  return 'failed to find suitable reason to allow access in APIBinding';
}

/** The provider's own RBAC decides who speaks for the export. */
async function content(options: ExportAuthorizerOptions, attributes: AuthorizationAttributes): Promise<Authorization> {
  if (attributes.user.groups.includes(systemMasters)) return decided('allow', 'system:masters');
  const allowed = await options.deep.allowed(attributes.user, options.exportCluster, {
    verb: attributes.resourceRequest ? attributes.verb : 'get',
    group: 'apis.kcp.io',
    resource: 'apiexports',
    subresource: 'content',
    name: options.exportName,
  });
  return allowed
    ? decided('allow', 'apiexports/content')
    : decided('no-opinion', 'no permission on apiexports/content');
}
