import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type EcmaScriptModule, parseSync } from 'oxc-parser';

/** One import, re-export or dynamic import of a literal specifier. */
export interface Import {
  specifier: string;
  /** Vanishes at run time. */
  typeOnly: boolean;
  line: number;
}

/** A TypeScript source file of a package, as far as the rules look at it. */
export interface SourceFile {
  /** Path from the repository's root, with slashes. */
  path: string;
  /** Path below the package's `src`. */
  inner: string;
  /** Names a test, or lies in a `testing` folder. */
  isTest: boolean;
  text: string;
  lines: number;
  imports: Import[];
  exportsAll: boolean;
  exportsDefault: boolean;
  /** Holds nothing but re-exports. */
  isBarrel: boolean;
}

/** A workspace package below `packages/` or `providers/`. */
export interface SourcePackage {
  kind: 'packages' | 'providers';
  /** Its folder's name, which is also its name after `@canopy/` for those below `packages/`. */
  name: string;
  /** Subpaths that others may import: `.`, `./node` … */
  exports: Record<string, string>;
  files: SourceFile[];
}

/** Reads and parses every source file of every package below `root`. */
export function readPackages(root: string): SourcePackage[] {
  return (['packages', 'providers'] as const).flatMap((kind) =>
    folders(path.join(root, kind)).flatMap((name) => {
      const folder = `${kind}/${name}`;
      if (!statSync(path.join(root, folder, 'package.json'), { throwIfNoEntry: false })) return [];
      const manifest = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
      const files = sourcesBelow(path.join(root, folder, 'src')).map((inner) =>
        parseSource(`${folder}/src/${inner}`, readFileSync(path.join(root, folder, 'src', inner), 'utf8')),
      );
      return [{ kind, name, exports: exportsOf(manifest.exports), files }];
    }),
  );
}

/** Parses one source file; `file` is its path from the repository's root. */
export function parseSource(file: string, text: string): SourceFile {
  const { module, program } = parseSync(file, text);
  const exported = module.staticExports.flatMap((statement) => statement.entries);
  const inner = file.split('/').slice(3).join('/');
  return {
    path: file,
    inner,
    isTest: /\.test\.ts$|(^|\/)(testing|testdata)\//.test(inner),
    text,
    lines: text.split('\n').length - 1,
    imports: importsOf(module, text),
    exportsAll: exported.some((entry) => entry.importName.kind === 'AllButDefault'),
    exportsDefault: exported.some(({ exportName }) => exportName.kind === 'Default' || exportName.name === 'default'),
    isBarrel:
      program.body.length > 0 &&
      program.body.every(
        (node) =>
          node.type === 'ExportAllDeclaration' || (node.type === 'ExportNamedDeclaration' && node.source !== null),
      ),
  };
}

function importsOf(module: EcmaScriptModule, text: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean, offset: number) =>
    found.push({ specifier, typeOnly, line: text.slice(0, offset).split('\n').length });
  for (const { moduleRequest, entries, start } of module.staticImports) {
    add(moduleRequest.value, entries.length > 0 && entries.every((entry) => entry.isType), start);
  }
  for (const { entries, start } of module.staticExports) {
    const from = entries.find((entry) => entry.moduleRequest)?.moduleRequest;
    if (from)
      add(
        from.value,
        entries.every((entry) => entry.isType),
        start,
      );
  }
  const dynamic = new Set<number>();
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^(['"`])([^$]*)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end));
    dynamic.add(moduleRequest.start);
    if (literal?.[2]) add(literal[2], false, moduleRequest.start);
  }
  // What remains in this shape is `import('…')` as a type, which is no import for the parser.
  for (const match of text.matchAll(/\bimport\(\s*(['"])([^'"]+)\1/g)) {
    const offset = match.index + match[0].length - (match[2]?.length ?? 0) - 2;
    if (!dynamic.has(offset) && match[2]) add(match[2], true, offset);
  }
  return found;
}

function exportsOf(field: unknown): Record<string, string> {
  if (typeof field === 'string') return { '.': field };
  const pairs = Object.entries((field ?? {}) as Record<string, unknown>);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}

function folders(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

function sourcesBelow(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts') && !/(^|\/)generated\//.test(file))
    .sort();
}
