/** One warning of a response. */
export interface Warning {
  /** 299 for everything an API server says. */
  code: number;
  agent: string;
  text: string;
}

/** Called once per warning, in the order of the header. */
export type WarningHandler = (warning: Warning) => void;

/**
 * The warnings of a `Warning` header: `299 - "text"`, several of them separated by commas, each with an optional date
 * (RFC 7234, section 5.5). What cannot be read ends the list.
 */
export function parseWarnings(header: string): Warning[] {
  const warnings: Warning[] = [];
  const start = /\s*(\d{3}) (\S+) "/y;
  const end = /(?:\s*"[^"]*")?\s*(?:,|$)/y;
  let offset = 0;
  while (offset < header.length) {
    start.lastIndex = offset;
    const match = start.exec(header);
    if (match === null) break;
    const quoted = readQuoted(header, start.lastIndex);
    if (quoted === undefined) break;
    warnings.push({ code: Number(match[1]), agent: match[2]!, text: quoted.text });
    end.lastIndex = quoted.end;
    if (end.exec(header) === null) break;
    offset = end.lastIndex;
  }
  return warnings;
}

/** The quoted text that begins at `offset`, and the place after its closing quote. */
function readQuoted(header: string, offset: number): { text: string; end: number } | undefined {
  let text = '';
  for (let i = offset; i < header.length; i++) {
    const c = header[i]!;
    if (c === '"') return { text, end: i + 1 };
    if (c === '\\' && i + 1 < header.length) i++;
    text += header[i];
  }
  return undefined;
}
