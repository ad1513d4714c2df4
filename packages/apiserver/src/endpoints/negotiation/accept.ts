/** One clause of an Accept header: `type/subtype;param=value`. All parts but parameter values are lower case. */
export interface AcceptClause {
  type: string;
  subtype: string;
  /** Media type parameters without `q`. */
  params: Readonly<Record<string, string>>;
  /** 0 to 1. */
  quality: number;
}

const noParams: Readonly<Record<string, string>> = Object.freeze({});
const cacheSize = 256;
const parsed = new Map<string, readonly AcceptClause[]>();

/**
 * Clauses in the order of preference: by quality, then as written (clients list what they like best first). Clauses with
 * quality 0 and malformed ones are left out. An empty header has no clauses. Results are cached: there are few
 * different clients.
 */
export function parseAccept(header: string): readonly AcceptClause[] {
  const known = parsed.get(header);
  if (known !== undefined) return known;
  const clauses: AcceptClause[] = [];
  for (const part of header.split(',')) {
    const clause = parseClause(part);
    if (clause !== undefined && clause.quality > 0) clauses.push(clause);
  }
  clauses.sort((a, b) => b.quality - a.quality);
  if (parsed.size >= cacheSize) parsed.clear();
  parsed.set(header, clauses);
  return clauses;
}

function parseClause(text: string): AcceptClause | undefined {
  const [range = '', ...rest] = text.split(';');
  const mediaType = range.trim().toLowerCase();
  const slash = mediaType.indexOf('/');
  // Some old clients send a lone `*`.
  if (mediaType === '*') return { type: '*', subtype: '*', ...parametersOf(rest) };
  if (slash <= 0 || slash === mediaType.length - 1) return undefined;
  return { type: mediaType.slice(0, slash), subtype: mediaType.slice(slash + 1), ...parametersOf(rest) };
}

function parametersOf(parts: readonly string[]): Pick<AcceptClause, 'params' | 'quality'> {
  if (parts.length === 0) return { params: noParams, quality: 1 };
  const params: Record<string, string> = Object.create(null);
  let quality = 1;
  for (const part of parts) {
    const equals = part.indexOf('=');
    if (equals === -1) continue;
    const name = part.slice(0, equals).trim().toLowerCase();
    const value = unquote(part.slice(equals + 1).trim());
    if (name === 'q') quality = qualityOf(value);
    else if (name !== '') params[name] = value;
  }
  return { params, quality };
}

function unquote(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

function qualityOf(text: string): number {
  const value = Number(text);
  return text !== '' && value >= 0 && value <= 1 ? value : 1;
}

/** Whether a clause covers a media type, wildcards included. */
export function covers(clause: AcceptClause, type: string, subtype: string): boolean {
  if (clause.type === '*') return clause.subtype === '*';
  return clause.type === type && (clause.subtype === '*' || clause.subtype === subtype);
}
