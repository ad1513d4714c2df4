/** A path that does not parse. */
export class JsonPathError extends Error {
  constructor(path: string, why: string) {
    super(`invalid JSONPath ${JSON.stringify(path)}: ${why}`);
    this.name = 'JsonPathError';
  }
}

/** A side of a filter: a literal, or steps from the item at hand. */
interface Operand {
  literal?: string | number | boolean | null;
  steps?: readonly Step[];
}

export type Step =
  | { kind: 'field'; name: string }
  | { kind: 'wildcard' }
  /** `..`: the value and everything below it. */
  | { kind: 'descend' }
  | { kind: 'slice'; from: number | undefined; to: number | undefined; step: number; single: boolean }
  | { kind: 'union'; parts: readonly Step[] }
  | {
      kind: 'filter';
      left: Operand;
      right: Operand | undefined;
      accepts(sides: { left: unknown; right: unknown }): boolean;
    };

/** @throws JsonPathError */
export function parsePath(path: string): Step[] {
  const trimmed = path.trim();
  const bare = trimmed.startsWith('{') && trimmed.endsWith('}') ? trimmed.slice(1, -1).trim() : trimmed;
  const start = bare.startsWith('$') || bare.startsWith('@') ? bare.slice(1) : bare;
  if (start.includes('{') || start.includes('}')) throw new JsonPathError(path, 'braces are not allowed here');
  return new Parser(path, start).parse();
}

const relations = ['==', '!=', '<=', '>=', '<', '>'] as const;
type Relation = (typeof relations)[number];

class Parser {
  readonly #path: string;
  readonly #text: string;
  #at = 0;

  constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
  }

  parse(): Step[] {
    const steps: Step[] = [];
    while (this.#at < this.#text.length) {
      const c = this.#text[this.#at]!;
      if (c === '[') steps.push(this.#bracket());
      else if (c === '.') {
        this.#at++;
        if (this.#text[this.#at] === '.') {
          this.#at++;
          steps.push({ kind: 'descend' });
        }
        if (this.#at >= this.#text.length) break;
        if (this.#text[this.#at] !== '[') steps.push(this.#name());
      } else if (steps.length === 0) steps.push(this.#name());
      else throw this.#error(`unexpected ${JSON.stringify(c)}`);
    }
    return steps;
  }

  #name(): Step {
    let name = '';
    while (this.#at < this.#text.length) {
      const c = this.#text[this.#at]!;
      if (c === '\\' && this.#at + 1 < this.#text.length) {
        name += this.#text[this.#at + 1];
        this.#at += 2;
      } else if ('.[] \t\n|,()=<>!'.includes(c)) break;
      else {
        name += c;
        this.#at++;
      }
    }
    if (name === '') throw this.#error('a field name is missing');
    return name === '*' ? { kind: 'wildcard' } : { kind: 'field', name };
  }

  #bracket(): Step {
    const close = this.#closingBracket();
    const inner = this.#text.slice(this.#at + 1, close).trim();
    this.#at = close + 1;
    if (inner === '*') return { kind: 'wildcard' };
    if (inner.startsWith('?(') && inner.endsWith(')')) return this.#filter(inner.slice(2, -1).trim());
    const parts = splitOutsideQuotes(inner, ',').map((part) => this.#subscript(part.trim()));
    return parts.length === 1 ? parts[0]! : { kind: 'union', parts };
  }

  /** The bracket that closes the one at the current position; those in quotes do not count. */
  #closingBracket(): number {
    let depth = 0;
    let quote = '';
    for (let i = this.#at; i < this.#text.length; i++) {
      const c = this.#text[i]!;
      if (quote !== '') {
        if (c === '\\') i++;
        else if (c === quote) quote = '';
      } else if (c === "'" || c === '"') quote = c;
      else if (c === '[') depth++;
      else if (c === ']' && --depth === 0) return i;
    }
    throw this.#error('a bracket is not closed');
  }

  #subscript(text: string): Step {
    const name = unquote(text);
    if (name !== undefined) return { kind: 'field', name };
    if (text === '*') return { kind: 'wildcard' };
    const match = /^(-?\d+)?(?:(:)(-?\d+)?(?::(\d+)?)?)?$/.exec(text);
    if (match === null || text === '') throw this.#error(`cannot understand [${text}]`);
    const from = match[1] === undefined ? undefined : Number(match[1]);
    if (match[2] === undefined) return { kind: 'slice', from, to: undefined, step: 1, single: true };
    const step = match[4] === undefined ? 1 : Number(match[4]);
    if (step === 0) throw this.#error('the step of a slice must be positive');
    return { kind: 'slice', from, to: match[3] === undefined ? undefined : Number(match[3]), step, single: false };
  }

  #filter(text: string): Step {
    for (const relation of relations) {
      const sides = splitOutsideQuotes(text, relation);
      if (sides.length === 2) {
        const [left, right] = [this.#operand(sides[0]!.trim()), this.#operand(sides[1]!.trim())];
        return { kind: 'filter', left, right, accepts: (values) => compare(relation, values.left, values.right) };
      }
    }
    return { kind: 'filter', left: this.#operand(text), right: undefined, accepts: ({ left }) => left !== undefined };
  }

  #operand(text: string): Operand {
    if (text.startsWith('@') || text.startsWith('$')) return { steps: new Parser(this.#path, text.slice(1)).parse() };
    const quoted = unquote(text);
    if (quoted !== undefined) return { literal: quoted };
    if (text === 'true' || text === 'false') return { literal: text === 'true' };
    if (text === 'null') return { literal: null };
    if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return { literal: Number(text) };
    if (text === '') throw this.#error('a side of the filter is missing');
    return { steps: new Parser(this.#path, text).parse() };
  }

  #error(why: string): JsonPathError {
    return new JsonPathError(this.#path, why);
  }
}

function unquote(text: string): string | undefined {
  const quote = text[0];
  if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote) return undefined;
  return text.slice(1, -1).replaceAll(/\\(.)/g, '$1');
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quote = '';
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quote !== '') {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (c === "'" || c === '"') quote = c;
    else if (text.startsWith(separator, i)) {
      parts.push(text.slice(start, i));
      i += separator.length - 1;
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** Values of different types are different, and neither is less than the other. */
function compare(relation: Relation, left: unknown, right: unknown): boolean {
  if (left === undefined || right === undefined) return false;
  switch (relation) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    default: {
      if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) return false;
      const [a, b] = [left as number, right as number];
      if (relation === '<') return a < b;
      if (relation === '>') return a > b;
      return relation === '<=' ? a <= b : a >= b;
    }
  }
}
