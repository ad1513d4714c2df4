import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  configMapKeyErrors,
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  nameErrors,
  pathSegmentNameErrors,
  qualifiedNameErrors,
} from './names.ts';

const table: [string, (text: string) => string[], string[], string[]][] = [
  [
    'labels of RFC 1123',
    dns1123LabelErrors,
    ['a', '1', 'a-b', 'a'.repeat(63)],
    ['', 'A', '-a', 'a-', 'a.b', 'a_b', 'a\n', 'é', 'a'.repeat(64)],
  ],
  [
    'subdomains',
    dns1123SubdomainErrors,
    ['a', 'a.b-c.1', 'a'.repeat(253)],
    ['', '.', 'a..b', 'a.-b', 'A.b', 'a.', 'a'.repeat(254)],
  ],
  ['labels of RFC 1035', dns1035LabelErrors, ['a', 'a1', 'a-1'], ['', '1a', 'a-', 'a.b', 'A']],
  ['path segments', pathSegmentNameErrors, ['a', 'A:b', '...', ''], ['.', '..', 'a/b', '50%']],
  [
    'qualified names',
    qualifiedNameErrors,
    ['a', 'A_b.c', 'example.com/a', `${'a'.repeat(253)}/b`],
    ['', '/', 'a/', '/a', 'a/b/c', 'A/b', '-a', 'a b', 'b'.repeat(64), `${'a'.repeat(254)}/b`],
  ],
  ['label values', labelValueErrors, ['', 'a', 'A_b.c', 'x'.repeat(63)], ['-a', 'a-', 'a b', 'a/b', 'x'.repeat(64)]],
  [
    'keys of config maps',
    configMapKeyErrors,
    ['a', '.a', 'a..b', '_A-'],
    ['', '.', '..', '..a', 'a/b', 'a b', 'x'.repeat(254)],
  ],
];

describe.each(table)('%s', (_name, rule, good, bad) => {
  it.each(good)('accept %j', (text) => {
    expect(rule(text)).toEqual([]);
  });

  it.each(bad)('refuse %j', (text) => {
    expect(rule(text).length).toBeGreaterThan(0);
  });
});

describe('name rules', () => {
  it('say what is wrong in the words of Kubernetes', () => {
    expect(dns1123LabelErrors('a.b')).toEqual(['must not contain dots']);
    expect(dns1123SubdomainErrors('A')).toEqual([
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ]);
    expect(qualifiedNameErrors('/a')).toEqual(['prefix part must be non-empty']);
    expect(labelValueErrors('x'.repeat(64))).toEqual(['must be no more than 63 bytes']);
  });

  it('count bytes, not characters', () => {
    expect(labelValueErrors('é'.repeat(32))[0]).toBe('must be no more than 63 bytes');
  });

  it('let generated names end in a dash', () => {
    expect(nameErrors('a-', 'DNS1123Label', true)).toEqual([]);
    expect(nameErrors('a-', 'DNS1123Label')).toHaveLength(1);
    expect(nameErrors('..', 'PathSegmentName', true)).toEqual([]);
  });

  it('take every label for a subdomain', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9.-]{0,20}$/), (text) => {
        if (dns1123LabelErrors(text).length === 0) expect(dns1123SubdomainErrors(text)).toEqual([]);
        const byParts = text.split('.').every((part) => dns1123LabelErrors(part).length === 0);
        expect(dns1123SubdomainErrors(text).length === 0).toBe(byParts);
      }),
    );
  });

  it('need no time for hostile text', () => {
    expect(dns1123SubdomainErrors(`${'a-'.repeat(100_000)}.`)).toHaveLength(2);
  });
});
