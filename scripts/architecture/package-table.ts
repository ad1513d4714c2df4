import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Layers, readLayers } from './layers.ts';

const begin = '<!-- package table: rendered from layers.json by `npm run architecture` -->';
const end = '<!-- end of package table -->';

/** `ARCHITECTURE.md` as it is and as it would be with its marked block rendered anew. */
export interface RenderedArchitecture {
  present: string;
  wanted: string;
}

/**
 * Renders the package table of `ARCHITECTURE.md` in `root`.
 *
 * @throws Error when the document lacks the two marks
 */
export function renderArchitecture(root: string): RenderedArchitecture {
  const present = readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8');
  const from = present.indexOf(begin);
  const to = present.indexOf(end);
  if (from < 0 || to < from) throw new Error(`ARCHITECTURE.md lacks its marks:\n${begin}\n${end}`);
  const wanted = `${present.slice(0, from + begin.length)}\n\n${packageTable(readLayers(root))}\n\n${present.slice(to)}`;
  return { present, wanted };
}

/** Writes the rendered table into `ARCHITECTURE.md`; says whether it had been out of date. */
export function writeArchitecture(root: string): boolean {
  const { present, wanted } = renderArchitecture(root);
  if (present === wanted) return false;
  writeFileSync(path.join(root, 'ARCHITECTURE.md'), wanted);
  return true;
}

/** The Markdown table of packages, lowest layer first. */
export function packageTable(layers: Layers): string {
  const rows = Object.entries(layers.packages).map(([name, { purpose, imports }]) => row(name, purpose, imports));
  rows.push(row('providers/*', 'Service providers; they use `client` as any outsider would', layers.providers));
  return ['| package | what it is for | may import |', '|---|---|---|', ...rows].join('\n');
}

function row(name: string, purpose: string, imports: string[]): string {
  return `| \`${name}\` | ${purpose} | ${imports.join(', ') || '—'} |`;
}
