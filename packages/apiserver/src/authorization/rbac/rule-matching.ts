import type { AuthorizationAttributes } from '../authorizer.ts';

/** rbac.authorization.k8s.io PolicyRule. */
export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

export type RuleQuestion = Pick<
  AuthorizationAttributes,
  'verb' | 'resourceRequest' | 'group' | 'resource' | 'subresource' | 'name' | 'path'
>;

/** Whether one rule allows a request. Source: Kubernetes documentation, "Using RBAC Authorization". */
export function ruleAllows(rule: PolicyRule, asked: RuleQuestion): boolean {
  if (!has(rule.verbs, asked.verb)) return false;
  return asked.resourceRequest ? allowsResource(rule, asked) : allowsPath(rule.nonResourceURLs ?? [], asked.path);
}

function has(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes('*') || list.includes(value));
}

function allowsResource(rule: PolicyRule, asked: RuleQuestion): boolean {
  if (!has(rule.apiGroups, asked.group) || !matchesResource(rule.resources ?? [], asked.resource, asked.subresource))
    return false;
  const names = rule.resourceNames ?? [];
  return names.length === 0 || names.includes(asked.name);
}

function matchesResource(resources: readonly string[], resource: string, subresource: string): boolean {
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  for (const candidate of resources) {
    if (candidate === '*' || candidate === full) return true;
    if (subresource !== '' && candidate === `*/${subresource}`) return true;
  }
  return false;
}

function allowsPath(urls: readonly string[], path: string): boolean {
  for (const url of urls) {
    if (url === '*' || url === path) return true;
    if (url.endsWith('*') && path.startsWith(url.slice(0, -1))) return true;
  }
  return false;
}

/** Whether `held` grants at least everything that `wanted` does: the test against privilege escalation. */
export function rulesCover(held: readonly PolicyRule[], wanted: PolicyRule): boolean {
  return breakDown(wanted).every((simple) => held.some((rule) => coversSimple(rule, simple)));
}

/** Splits a rule into rules with one value in each list. */
function breakDown(rule: PolicyRule): PolicyRule[] {
  const simple: PolicyRule[] = [];
  for (const verb of rule.verbs) {
    for (const url of rule.nonResourceURLs ?? []) simple.push({ verbs: [verb], nonResourceURLs: [url] });
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const base = { verbs: [verb], apiGroups: [group], resources: [resource] };
        const names = rule.resourceNames ?? [];
        if (names.length === 0) simple.push(base);
        for (const name of names) simple.push({ ...base, resourceNames: [name] });
      }
    }
  }
  return simple;
}

function coversSimple(rule: PolicyRule, wanted: PolicyRule): boolean {
  if (!has(rule.verbs, wanted.verbs[0] as string)) return false;
  const url = wanted.nonResourceURLs?.[0];
  if (url !== undefined) {
    return (rule.nonResourceURLs ?? []).some(
      (held) => held === '*' || held === url || (held.endsWith('*') && url.startsWith(held.slice(0, -1))),
    );
  }
  if (!has(rule.apiGroups, wanted.apiGroups?.[0] as string)) return false;
  const text = wanted.resources?.[0] ?? '';
  const slash = text.indexOf('/');
  const [resource, subresource] = slash === -1 ? [text, ''] : [text.slice(0, slash), text.slice(slash + 1)];
  if (!matchesResource(rule.resources ?? [], resource, subresource)) return false;
  const names = rule.resourceNames ?? [];
  const name = wanted.resourceNames?.[0];
  return names.length === 0 || (name !== undefined && names.includes(name));
}
