import { badRequest } from '../meta/status-error.ts';

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** A conjunction of requirements on fields. Immutable. */
export class FieldSelector {
  static readonly everything: FieldSelector = new FieldSelector([]);

  readonly requirements: readonly FieldRequirement[];

  constructor(requirements: readonly FieldRequirement[]) {
    this.requirements = requirements;
  }

  get empty(): boolean {
    return this.requirements.length === 0;
  }

  /** `textOf` gives the text of a field; undefined counts as the empty text. */
  matches(textOf: (field: string) => string | undefined): boolean {
    for (const { field, operator, value } of this.requirements) {
      if (((textOf(field) ?? '') === value) !== (operator === '=')) return false;
    }
    return true;
  }

  /** The only value that `field` may have, if the selector says so. */
  requiresExactMatch(field: string): string | undefined {
    for (const own of this.requirements) if (own.field === field && own.operator === '=') return own.value;
    return undefined;
  }

  toString(): string {
    return this.requirements.map((r) => `${r.field}${r.operator}${escapeFieldValue(r.value)}`).join(',');
  }
}

/**
 * Parses `a=b,c!=d,e==f`. In values `\`, `,` and `=` are written with a backslash before them. Requirements come out
 * sorted by their text. Which fields exist is up to the resource: check {@link FieldSelector.requirements}.
 *
 * @throws StatusError 400 in Kubernetes' wording
 */
export function parseFieldSelector(text: string): FieldSelector {
  if (text === '') return FieldSelector.everything;
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text).sort()) {
    if (term === '') continue;
    const split = /!=|==?/.exec(term);
    if (split === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    requirements.push({
      field: term.slice(0, split.index),
      operator: split[0] === '!=' ? '!=' : '=',
      value: unescapeFieldValue(term.slice(split.index + split[0].length)),
    });
  }
  // Kubernetes drops terms that say nothing: `=` alone.
  return new FieldSelector(requirements.filter((r) => r.field !== '' || r.value !== ''));
}

function splitTerms(text: string): string[] {
  if (!text.includes('\\')) return text.split(',');
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

export function escapeFieldValue(value: string): string {
  return value.replaceAll(/[\\,=]/g, (c) => `\\${c}`);
}

function unescapeFieldValue(text: string): string {
  let value = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '\\') {
      const next = i + 1 < text.length ? String.fromCodePoint(text.codePointAt(i + 1)!) : '';
      if (next !== '\\' && next !== ',' && next !== '=') {
        throw badRequest(`invalid field selector: invalid escape sequence: \\${next}`);
      }
      value += next;
      i++;
    } else if (c === ',' || c === '=') {
      throw badRequest(`invalid field selector: unescaped character in value: ${c.charCodeAt(0)}`);
    } else value += c;
  }
  return value;
}
