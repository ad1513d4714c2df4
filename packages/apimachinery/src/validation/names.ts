import { utf8Length } from '../utf8-length.ts';

/**
 * The name rules of Kubernetes (documentation, "Object Names and IDs" and "Labels and Selectors"). Every function returns
 * the broken rules in Kubernetes' wording, none if the text is fine. The expressions have no ambiguous repetition: they
 * take time linear in the text.
 */
type NameRule = (text: string) => string[];

const label1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain1123 = `${label1123}(\\.${label1123})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualifiedPart = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualifiedPart})?`;
const configKey = '[-._a-zA-Z0-9]+';

const label1123Expression = new RegExp(`^${label1123}$`);
const subdomain1123Expression = new RegExp(`^${subdomain1123}$`);
const label1035Expression = new RegExp(`^${label1035}$`);
const qualifiedPartExpression = new RegExp(`^${qualifiedPart}$`);
const configKeyExpression = new RegExp(`^${configKey}$`);

const nameSyntax =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

function withExamples(rule: string, expression: string, ...examples: string[]): string {
  const list = examples.map((e) => `'${e}', `).join(' or ');
  return `${rule} (e.g. ${list}regex used for validation is '${expression}')`;
}

function exceeds(text: string, bytes: number): boolean {
  return text.length > bytes || (text.length * 3 > bytes && utf8Length(text) > bytes);
}

export function dns1123LabelErrors(text: string): string[] {
  const errors = exceeds(text, 63) ? ['must be no more than 63 characters'] : [];
  if (label1123Expression.test(text)) return errors;
  const rule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  errors.push(
    subdomain1123Expression.test(text) ? 'must not contain dots' : withExamples(rule, label1123, 'my-name', '123-abc'),
  );
  return errors;
}

export function dns1123SubdomainErrors(text: string): string[] {
  return subdomainErrors(text, 'characters');
}

function subdomainErrors(text: string, unit: 'bytes' | 'characters'): string[] {
  const errors = exceeds(text, 253) ? [`must be no more than 253 ${unit}`] : [];
  if (!subdomain1123Expression.test(text)) {
    const rule =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
    errors.push(withExamples(rule, subdomain1123, 'example.com'));
  }
  return errors;
}

export function dns1035LabelErrors(text: string): string[] {
  const errors = exceeds(text, 63) ? ['must be no more than 63 characters'] : [];
  if (!label1035Expression.test(text)) {
    const rule =
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
    errors.push(withExamples(rule, label1035, 'my-name', 'abc-123'));
  }
  return errors;
}

/** What may stand between slashes of a URL path: the rule for names of RBAC objects. */
export function pathSegmentNameErrors(text: string): string[] {
  if (text === '.' || text === '..') return [`may not be '${text}'`];
  return ['/', '%'].filter((part) => text.includes(part)).map((part) => `may not contain '${part}'`);
}

/** Keys of labels, and finalizers: `name` or `prefix.example.com/name`. Keys of annotations are checked in lower case. */
export function qualifiedNameErrors(text: string): string[] {
  const parts = text.split('/', 3);
  if (parts.length > 2) {
    const rule = withExamples(`a valid label key ${nameSyntax}`, qualifiedPart, 'MyName', 'my.name', '123-abc');
    return [`${rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const errors: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0]!;
    if (prefix === '') errors.push('prefix part must be non-empty');
    else for (const error of subdomainErrors(prefix, 'bytes')) errors.push(`prefix part ${error}`);
  }
  const name = parts[parts.length - 1]!;
  if (name === '') errors.push('name part must be non-empty');
  else if (exceeds(name, 63)) errors.push('name part must be no more than 63 bytes');
  if (!qualifiedPartExpression.test(name)) {
    errors.push(`name part ${withExamples(nameSyntax, qualifiedPart, 'MyName', 'my.name', '123-abc')}`);
  }
  return errors;
}

export function labelValueErrors(text: string): string[] {
  const errors = exceeds(text, 63) ? ['must be no more than 63 bytes'] : [];
  if (text !== '' && !qualifiedPartExpression.test(text)) {
    const rule = `a valid label must be an empty string or ${nameSyntax.slice('must '.length)}`;
    errors.push(withExamples(rule, labelValue, 'MyValue', 'my_value', '12345'));
  }
  return errors;
}

/** Keys of the data of ConfigMaps and Secrets. */
export function configMapKeyErrors(text: string): string[] {
  const errors = exceeds(text, 253) ? ['must be no more than 253 characters'] : [];
  if (!configKeyExpression.test(text)) {
    const rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    errors.push(withExamples(rule, configKey, 'key.name', 'KEY_NAME', 'key-name'));
  }
  if (text === '.' || text === '..') errors.push(`must not be '${text}'`);
  else if (text.startsWith('..')) errors.push("must not start with '..'");
  return errors;
}

export type NameValidation = 'DNS1123Subdomain' | 'DNS1123Label' | 'DNS1035Label' | 'PathSegmentName';

const rules: Record<NameValidation, NameRule> = {
  DNS1123Subdomain: dns1123SubdomainErrors,
  DNS1123Label: dns1123LabelErrors,
  DNS1035Label: dns1035LabelErrors,
  PathSegmentName: pathSegmentNameErrors,
};

/** Errors of an object's name. A `prefix` (generateName) may end in a dash, for a random suffix follows it. */
export function nameErrors(name: string, validation: NameValidation, prefix = false): string[] {
  if (!prefix) return rules[validation](name);
  if (validation === 'PathSegmentName') {
    return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`);
  }
  const masked = name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
  return rules[validation](masked);
}
