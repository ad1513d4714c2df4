import type { StatusError } from '../meta/status-error.ts';
import { badRequest } from '../meta/status-error.ts';
import { qualifiedNameErrors } from '../validation/names.ts';
import type { LabelOperator, LabelRequirement } from './label-requirement.ts';
import { labelRequirement } from './label-requirement.ts';

/** `id` stands for keys, values and the words `in` and `notin`; `end` for the end of the text. */
interface Token {
  kind: 'id' | 'end' | '(' | ')' | ',' | '!' | '=' | '==' | '!=' | '>' | '<';
  text: string;
}

const end: Token = { kind: 'end', text: '' };

/** In the order in which Kubernetes lists them in its message. */
const binaryOperators = 'in, notin, =, ==, !=, gt, lt';

const operatorOf: Readonly<Record<string, LabelOperator>> = {
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
  in: 'in',
  notin: 'notin',
};

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const c = text[at]!;
    if (c === ' ' || c === '\t' || c === '\r' || c === '\n') {
      at++;
      continue;
    }
    if (c === '\0') break;
    if ('()=!,<>'.includes(c)) {
      const pair = (c === '=' || c === '!') && text[at + 1] === '=' ? `${c}=` : c;
      tokens.push({ kind: pair as Token['kind'], text: pair });
      at += pair.length;
      continue;
    }
    const start = at;
    while (at < text.length && !'()=!,<> \t\r\n\0'.includes(text[at]!)) at++;
    tokens.push({ kind: 'id', text: text.slice(start, at) });
  }
  return tokens;
}

/** Recursive descent over the label selector syntax; errors are StatusErrors (400) in Kubernetes' wording. */
export class LabelSelectorParser {
  readonly #tokens: Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const first = this.#peek();
      if (first.kind === 'end') return requirements;
      if (first.kind !== 'id' && first.kind !== '!')
        throw found(first, ", expected: !, identifier, or 'end of string'");
      requirements.push(this.#requirement());
      const next = this.#take();
      if (next.kind === 'end') return requirements;
      if (next.kind !== ',') throw found(next, ", expected: ',' or 'end of string'");
      const after = this.#peek();
      if (after.kind !== 'id' && after.kind !== '!') throw found(after, ", expected: identifier after ','");
    }
  }

  #requirement(): LabelRequirement {
    try {
      return this.#parseRequirement();
    } catch (error) {
      throw badRequest(`unable to parse requirement: ${(error as StatusError).message}`);
    }
  }

  #parseRequirement(): LabelRequirement {
    const negated = this.#peek().kind === '!';
    if (negated) this.#take();
    const key = this.#take();
    if (key.kind !== 'id') throw found(key, ', expected: identifier');
    const keyErrors = qualifiedNameErrors(key.text);
    if (keyErrors.length > 0) {
      throw badRequest(`<nil>: Invalid value: ${JSON.stringify(key.text)}: ${keyErrors.join('; ')}`);
    }
    if (negated) return labelRequirement(key.text, '!', []);
    const next = this.#peek();
    if (next.kind === 'end' || next.kind === ',') return labelRequirement(key.text, 'exists', []);
    const token = this.#take();
    const operator = Object.hasOwn(operatorOf, token.text) ? operatorOf[token.text] : undefined;
    if (operator === undefined) throw found(token, `, expected: ${binaryOperators}`);
    const values = operator === 'in' || operator === 'notin' ? this.#list() : this.#single();
    return labelRequirement(key.text, operator, values);
  }

  #single(): string[] {
    const next = this.#peek();
    if (next.kind === 'end' || next.kind === ',') return [''];
    this.#take();
    if (next.kind !== 'id') throw found(next, ', expected: identifier');
    return [next.text];
  }

  #list(): string[] {
    const open = this.#take();
    if (open.kind !== '(') throw found(open, " expected: '('");
    const first = this.#peek();
    if (first.kind === ')') {
      this.#take();
      return [''];
    }
    if (first.kind !== 'id' && first.kind !== ',') throw found(first, ", expected: ',', ')' or identifier");
    const values = this.#values();
    this.#take();
    return [...values].sort();
  }

  /** A gap between commas, or next to a parenthesis, stands for the empty value. */
  #values(): Set<string> {
    const values = new Set<string>();
    for (;;) {
      const token = this.#take();
      const next = this.#peek();
      if (token.kind === 'id') {
        values.add(token.text);
        if (next.kind === ')') return values;
        if (next.kind !== ',') throw found(next, ", expected: ',' or ')'");
      } else if (token.kind === ',') {
        if (values.size === 0 || next.kind === ',') values.add('');
        if (next.kind === ')') return values.add('');
      } else throw found(token, ", expected: ',', or identifier");
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? end;
  }

  #take(): Token {
    return this.#tokens[this.#at++] ?? end;
  }
}

function found(token: Token, rest: string): StatusError {
  return badRequest(`found '${token.text}'${rest}`);
}
