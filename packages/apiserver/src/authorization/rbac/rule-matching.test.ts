import { describe, expect, it } from 'vitest';
import { type PolicyRule, ruleAllows, rulesCover } from './rule-matching.ts';

const asked = (overrides: Partial<Parameters<typeof ruleAllows>[1]>) => ({
  verb: 'get',
  resourceRequest: true,
  group: '',
  resource: 'configmaps',
  subresource: '',
  name: '',
  path: '',
  ...overrides,
});

describe('a rule for resources', () => {
  const rule: PolicyRule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['configmaps'] };

  it('allows its verbs on its resources and nothing else', () => {
    expect(ruleAllows(rule, asked({}))).toBe(true);
    expect(ruleAllows(rule, asked({ verb: 'list' }))).toBe(true);
    expect(ruleAllows(rule, asked({ verb: 'delete' }))).toBe(false);
    expect(ruleAllows(rule, asked({ resource: 'secrets' }))).toBe(false);
    expect(ruleAllows(rule, asked({ group: 'apps' }))).toBe(false);
  });

  it('does not reach subresources unless it names them', () => {
    expect(ruleAllows(rule, asked({ subresource: 'status' }))).toBe(false);
    expect(ruleAllows({ ...rule, resources: ['configmaps/status'] }, asked({ subresource: 'status' }))).toBe(true);
    expect(ruleAllows({ ...rule, resources: ['*/status'] }, asked({ subresource: 'status' }))).toBe(true);
    expect(ruleAllows({ ...rule, resources: ['*/scale'] }, asked({ subresource: 'status' }))).toBe(false);
    expect(ruleAllows({ ...rule, resources: ['*'] }, asked({ subresource: 'status' }))).toBe(true);
  });

  it('is limited to its resource names', () => {
    const named = { ...rule, resourceNames: ['a'] };
    expect(ruleAllows(named, asked({ name: 'a' }))).toBe(true);
    expect(ruleAllows(named, asked({ name: 'b' }))).toBe(false);
    expect(ruleAllows(named, asked({ verb: 'list', name: '' }))).toBe(false);
  });

  it('never allows paths', () => {
    const everything: PolicyRule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
    expect(ruleAllows(everything, asked({ resourceRequest: false, path: '/metrics' }))).toBe(false);
  });
});

describe('a rule for paths', () => {
  const rule: PolicyRule = { verbs: ['get'], nonResourceURLs: ['/healthz', '/apis/*'] };

  it('allows the very path, or what begins as a pattern with a trailing asterisk does', () => {
    const path = (text: string) => asked({ resourceRequest: false, path: text });
    expect(ruleAllows(rule, path('/healthz'))).toBe(true);
    expect(ruleAllows(rule, path('/healthz/ping'))).toBe(false);
    expect(ruleAllows(rule, path('/apis/apps/v1'))).toBe(true);
    expect(ruleAllows(rule, path('/apisx'))).toBe(false);
  });

  it('never allows resources', () => {
    expect(ruleAllows({ verbs: ['*'], nonResourceURLs: ['*'] }, asked({}))).toBe(false);
  });
});

describe('covering rules', () => {
  it('needs every verb, group, resource and name to be held', () => {
    const held: PolicyRule[] = [
      { verbs: ['get'], apiGroups: [''], resources: ['configmaps'] },
      { verbs: ['list'], apiGroups: [''], resources: ['configmaps', 'secrets'] },
    ];
    expect(rulesCover(held, { verbs: ['get', 'list'], apiGroups: [''], resources: ['configmaps'] })).toBe(true);
    expect(rulesCover(held, { verbs: ['get'], apiGroups: [''], resources: ['configmaps', 'secrets'] })).toBe(false);
    expect(rulesCover(held, { verbs: ['*'], apiGroups: [''], resources: ['configmaps'] })).toBe(false);
  });

  it('does not take a rule for one name as one for all', () => {
    const held: PolicyRule[] = [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['a'] }];
    expect(rulesCover(held, { verbs: ['get'], apiGroups: [''], resources: ['secrets'] })).toBe(false);
    expect(rulesCover(held, { verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['a'] })).toBe(
      true,
    );
    expect(
      rulesCover(held, { verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['a', 'b'] }),
    ).toBe(false);
  });
});
