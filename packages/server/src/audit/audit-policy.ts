import { isObject } from '@canopy/apiserver';

/** How much of a request is written down. */
export type AuditLevel = 'None' | 'Metadata' | 'Request' | 'RequestResponse';

const levels: readonly AuditLevel[] = ['None', 'Metadata', 'Request', 'RequestResponse'];

interface ResourceRule {
  group?: string;
  resources?: string[];
  resourceNames?: string[];
}

interface PolicyRule {
  level: AuditLevel;
  users?: string[];
  userGroups?: string[];
  verbs?: string[];
  resources?: ResourceRule[];
  namespaces?: string[];
  nonResourceURLs?: string[];
}

/** audit.k8s.io/v1 Policy: the first rule that matches decides. Source: Kubernetes documentation, "Auditing". */
export interface AuditPolicy {
  rules: readonly PolicyRule[];
}

export const metadataPolicy: AuditPolicy = { rules: [{ level: 'Metadata' }] };

/** What a rule can look at. */
export interface AuditSubject {
  user: string;
  groups: readonly string[];
  verb: string;
  resourceRequest: boolean;
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  path: string;
}

/** Checks the form of a policy; throws an Error that names what is wrong. */
export function parseAuditPolicy(value: unknown): AuditPolicy {
  if (!isObject(value) || value.kind !== 'Policy' || value.apiVersion !== 'audit.k8s.io/v1') {
    throw new Error('it must be an audit.k8s.io/v1 Policy');
  }
  const { rules } = value;
  if (!Array.isArray(rules) || rules.length === 0) throw new Error('rules must be a list with at least one rule');
  rules.forEach((rule: unknown, i) => {
    if (!isObject(rule) || !levels.includes(rule.level as AuditLevel)) {
      throw new Error(`rules[${i}].level must be one of ${levels.join(', ')}`);
    }
    for (const field of ['users', 'userGroups', 'verbs', 'resources', 'namespaces', 'nonResourceURLs']) {
      if (rule[field] !== undefined && !Array.isArray(rule[field]))
        throw new Error(`rules[${i}].${field} must be a list`);
    }
  });
  return { rules: rules as PolicyRule[] };
}

export function auditLevel(policy: AuditPolicy, subject: AuditSubject): AuditLevel {
  return policy.rules.find((rule) => matches(rule, subject))?.level ?? 'None';
}

function matches(rule: PolicyRule, subject: AuditSubject): boolean {
  const listed = (list: readonly string[] | undefined, value: string): boolean =>
    list === undefined || list.length === 0 || list.includes(value);
  if (!listed(rule.users, subject.user) || !listed(rule.verbs, subject.verb)) return false;
  if (
    rule.userGroups !== undefined &&
    rule.userGroups.length > 0 &&
    !rule.userGroups.some((group) => subject.groups.includes(group))
  )
    return false;
  if (rule.nonResourceURLs !== undefined && rule.nonResourceURLs.length > 0) {
    return !subject.resourceRequest && rule.nonResourceURLs.some((url) => matchesPath(url, subject.path));
  }
  const wantsResource = (rule.resources?.length ?? 0) > 0 || (rule.namespaces?.length ?? 0) > 0;
  if (!wantsResource) return true;
  if (!subject.resourceRequest || !listed(rule.namespaces, subject.namespace)) return false;
  return (
    rule.resources === undefined ||
    rule.resources.length === 0 ||
    rule.resources.some((resource) => matchesResource(resource, subject))
  );
}

function matchesPath(url: string, path: string): boolean {
  return url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)));
}

function matchesResource(rule: ResourceRule, subject: AuditSubject): boolean {
  if ((rule.group ?? '') !== subject.group) return false;
  if (rule.resourceNames !== undefined && rule.resourceNames.length > 0 && !rule.resourceNames.includes(subject.name))
    return false;
  if (rule.resources === undefined || rule.resources.length === 0) return true;
  const full = subject.subresource === '' ? subject.resource : `${subject.resource}/${subject.subresource}`;
  return rule.resources.some(
    (name) =>
      name === '*' ||
      name === full ||
      (subject.subresource !== '' && (name === `*/${subject.subresource}` || name === `${subject.resource}/*`)),
  );
}
