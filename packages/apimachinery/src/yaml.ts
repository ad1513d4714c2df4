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

/** Writes one document: keys sorted, lists not indented, strings quoted where the dialect would read something else. */
export async function stringifyYaml(value: unknown): Promise<string> {
  const { stringify } = await load();
  return stringify(sorted(value), stringifyOptions);
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
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

const floatTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  identify: (value) => typeof value === 'number',
  test: /^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/,
  resolve: (text) => Number(text.replaceAll('_', '')),
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

const schemaOptions: SchemaOptions = {
  schema: 'failsafe',
  merge: true,
  customTags: (tags) => [...tags, nullTag, booleanTag, integerTag, floatTag],
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
};

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Record<string, unknown>;
  return new Map(
    Object.keys(object)
      .filter((key) => object[key] !== undefined)
      .sort()
      .map((key) => [key, sorted(object[key])]),
  );
}

/** Objects from maps. Keys that are numbers or booleans become their JSON text. */
function withTextKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTextKeys);
  if (!(value instanceof Map)) return value;
  const object: Record<string, unknown> = {};
  for (const [key, member] of value) {
    if (typeof key === 'object' && key !== null) throw new Error('a key must be a string, a number or a boolean');
    const text = String(key);
    Object.defineProperty(object, text, { value: withTextKeys(member), writable: true, enumerable: true, configurable: true });
  }
  return object;
}
