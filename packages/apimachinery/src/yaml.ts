import type { CreateNodeOptions, DocumentOptions, ParseOptions, ScalarTag, SchemaOptions, ToStringOptions } from 'yaml';
import { badRequest } from './meta/status-error.ts';

/**
 * YAML in the dialect of sigs.k8s.io/yaml, which Kubernetes tools read and write: the booleans and octal numbers of YAML
 * 1.1 and underscores in numbers, but no dates and no sexagesimal numbers; of duplicate keys the last wins. The parser is
 * loaded on first use, for few processes need it.
 */
type YamlModule = typeof import('yaml');

let loading: Promise<YamlModule> | undefined;

function load(): Promise<YamlModule> {
  loading ??= import('yaml');
  return loading;
}

/**
 * Parses the only document of `text`; undefined if there is none.
 *
 * @throws StatusError 400 if the text is malformed or has more than one document
 */
export async function parseYamlDocument(text: string): Promise<unknown> {
  const documents = await parseYamlDocuments(text);
  if (documents.length > 1) throw badRequest('invalid YAML: more than one document');
  return documents[0];
}

/**
 * Parses all documents of `text`; empty ones are left out.
 *
 * @throws StatusError 400 if the text is malformed
 */
export async function parseYamlDocuments(text: string): Promise<unknown[]> {
  const { parseAllDocuments } = await load();
  const values: unknown[] = [];
  for (const document of parseAllDocuments(text, parseOptions)) {
    const [error] = document.errors;
    if (error !== undefined) throw badRequest(`invalid YAML: ${error.message}`);
    let value: unknown;
    try {
      value = withTextKeys(document.toJS({ maxAliasCount: 1000, mapAsMap: true }));
    } catch (cause) {
      throw badRequest(`invalid YAML: ${(cause as Error).message}`);
    }
    if (value !== null && value !== undefined) values.push(value);
  }
  return values;
}

/**
 * Writes one document: keys in natural order, lists not indented, long lines not folded. Text is quoted where this
 * dialect, or plain YAML 1.1 with its dates, would read something else.
 */
export async function stringifyYaml(value: unknown): Promise<string> {
  const { Scalar, stringify } = await load();
  const quoted = (text: string): unknown => {
    const scalar = new Scalar(text);
    scalar.type = 'QUOTE_DOUBLE';
    return scalar;
  };
  return stringify(prepared(value, quoted), stringifyOptions);
}

const numeric = /^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/;

const booleanTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  identify: (value) => typeof value === 'boolean',
  test: /^(?:y|Y|yes|Yes|YES|on|On|ON|true|True|TRUE|n|N|no|No|NO|off|Off|OFF|false|False|FALSE)$/,
  resolve: (text) => /^(?:y|on|t)/i.test(text),
  stringify: ({ value }) => String(value),
};

const integerTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  identify: (value) => (typeof value === 'number' && Number.isInteger(value)) || typeof value === 'bigint',
  test: numeric,
  resolve: (text) => integerOf(text.replaceAll('_', '')) ?? text,
  stringify: ({ value }) => String(value),
};

function integerOf(text: string): number | bigint | undefined {
  const negative = text.startsWith('-');
  const digits = text.replace(/^[-+]/, '');
  const octal = /^0o?([0-7]+)$/.exec(digits);
  if (octal === null && /^0[0-9]/.test(digits)) return Number(text);
  let exact: bigint;
  try {
    exact = BigInt(octal === null ? digits : `0o${octal[1]}`);
  } catch {
    return undefined;
  }
  const value = negative ? -exact : exact;
  return Number.isSafeInteger(Number(value)) || BigInt.asIntN(64, value) !== value ? Number(value) : value;
}

const floatTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  identify: (value) => typeof value === 'number',
  test: /^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/,
  resolve: (text) => {
    const value = Number(text.replaceAll('_', ''));
    return Number.isFinite(value) ? value : text;
  },
  stringify: ({ value }) => String(value),
};

const nullTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:null',
  default: true,
  identify: (value) => value === null || value === undefined,
  test: /^(?:~|[Nn]ull|NULL)?$/,
  resolve: () => null,
  stringify: () => 'null',
};

/** What JSON cannot express. */
const notFiniteTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  resolve: (text, onError) => {
    onError(`unsupported value: ${text}`);
    return text;
  },
};

/** Binary data is text to JSON. */
const binaryTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:binary',
  default: false,
  resolve: (text) => decodeBase64(text),
};

function decodeBase64(text: string): string {
  const bytes = Uint8Array.from(atob(text.replaceAll(/\s/g, '')), (c) => c.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}

const schemaOptions: SchemaOptions = {
  schema: 'failsafe',
  merge: true,
  customTags: (tags) => [...tags, nullTag, booleanTag, integerTag, floatTag, notFiniteTag, binaryTag],
};

const parseOptions: ParseOptions & DocumentOptions & SchemaOptions = {
  ...schemaOptions,
  version: '1.1',
  uniqueKeys: false,
  logLevel: 'error',
  prettyErrors: true,
};

const stringifyOptions: CreateNodeOptions & DocumentOptions & SchemaOptions & ToStringOptions = {
  aliasDuplicateObjects: false,
  ...schemaOptions,
  version: '1.1',
  indentSeq: false,
  lineWidth: 0,
  defaultStringType: 'PLAIN',
  singleQuote: true,
};

/** Text that some reader of YAML 1.1 takes for a boolean, a null, a number, a date or a document marker. */
const ambiguous = /^(?:[-+.0-9].*|~|y|n|yes|no|on|off|true|false|null|)$/i;

/** Maps with keys in natural order, and {@link ambiguous} text marked to be quoted. */
function prepared(value: unknown, quoted: (text: string) => unknown): unknown {
  if (typeof value === 'string') return needsQuotes(value) ? quoted(value) : value;
  if (Array.isArray(value)) return value.map((item) => prepared(item, quoted));
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Record<string, unknown>;
  const keys = Object.keys(object).filter((key) => object[key] !== undefined);
  return new Map(keys.sort(compareKeys).map((key) => [prepared(key, quoted), prepared(object[key], quoted)]));
}

function needsQuotes(text: string): boolean {
  if (text.includes('\n')) return false;
  return (ambiguous.test(text) && isAmbiguous(text)) || text.includes('\t');
}

function isAmbiguous(text: string): boolean {
  if (!/^[-+.0-9]/.test(text)) return true;
  return (
    text === '---' ||
    text === '...' ||
    numeric.test(text) ||
    /^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text) ||
    /^[-+]?\.inf$|^\.nan$/i.test(text) ||
    /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text) ||
    /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:$|[Tt \t])/.test(text)
  );
}

/** Numbers inside of keys count by their value: `a9` stands before `a10`. Letters stand after everything else. */
function compareKeys(a: string, b: string): number {
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  if (i === a.length || i === b.length) return a.length - b.length;
  const [letterA, letterB] = [/\p{L}/u.test(a[i]!), /\p{L}/u.test(b[i]!)];
  if (letterA !== letterB) return letterA === isDigit(a[i - 1]) ? -1 : 1;
  if (!letterA) {
    const [numberA, numberB] = [numberAt(a, i), numberAt(b, i)];
    if (numberA !== numberB) return numberA < numberB ? -1 : 1;
  }
  return a < b ? -1 : 1;
}

function isDigit(c: string | undefined): boolean {
  return c !== undefined && c >= '0' && c <= '9';
}

/** The number whose digits are at `index`, with those before it; 0 if there is none at `index`. */
function numberAt(text: string, index: number): number {
  if (!isDigit(text[index])) return 0;
  let start = index;
  while (isDigit(text[start - 1])) start--;
  return Number(/^[0-9]+/.exec(text.slice(start))![0]);
}

/** Objects from maps. Keys that are numbers or booleans become their JSON text. */
function withTextKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTextKeys);
  if (!(value instanceof Map)) return value;
  const object: Record<string, unknown> = {};
  for (const [key, member] of value) {
    if (typeof key === 'object') throw new Error('a key must be a string, a number or a boolean');
    const text = String(key);
    Object.defineProperty(object, text, {
      value: withTextKeys(member),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return object;
}
