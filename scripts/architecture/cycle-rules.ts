import path from 'node:path';
import { firstFolder } from './import-rules.ts';
import type { Layers } from './layers.ts';
import type { SourceFile, SourcePackage } from './source-file.ts';

type Graph = Map<string, Set<string>>;

/**
 * Cycles among packages (as `layers.json` would allow them), among the first-level folders of a package (types
 * included), and among files (imports that exist at run time). Tests and `src/index.ts` take no part.
 */
export function cycleViolations(packages: SourcePackage[], layers: Layers): string[] {
  const rows: Graph = new Map(Object.entries(layers.packages).map(([name, { imports }]) => [name, new Set(imports)]));
  const messages = findCycles(rows).map((cycle) => `layers.json: packages form a cycle: ${cycle.join(' → ')}`);
  for (const owner of packages) {
    const place = `${owner.kind}/${owner.name}/src`;
    const files = owner.files.filter((file) => !file.isTest && file.inner !== 'index.ts');
    for (const cycle of findCycles(folderGraph(files))) {
      messages.push(`${place}: folders form a cycle: ${cycle.join(' → ')}`);
    }
    for (const cycle of findCycles(fileGraph(files))) {
      messages.push(`${place}: files form a cycle: ${cycle.join(' → ')}`);
    }
  }
  return messages;
}

function folderGraph(files: SourceFile[]): Graph {
  const graph: Graph = new Map();
  for (const { file, target } of relativeImports(files, () => true)) {
    const [from, to] = [firstFolder(file.inner), firstFolder(target)];
    if (from && to && from !== to) link(graph, from, to);
  }
  return graph;
}

function fileGraph(files: SourceFile[]): Graph {
  const graph: Graph = new Map();
  for (const { file, target } of relativeImports(files, (typeOnly) => !typeOnly)) link(graph, file.inner, target);
  return graph;
}

function relativeImports(files: SourceFile[], wanted: (typeOnly: boolean) => boolean) {
  return files.flatMap((file) =>
    file.imports
      .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && wanted(typeOnly))
      .map(({ specifier }) => ({ file, target: path.posix.join(path.posix.dirname(file.inner), specifier) })),
  );
}

function link(graph: Graph, from: string, to: string): void {
  const targets = graph.get(from);
  if (targets) targets.add(to);
  else graph.set(from, new Set([to]));
}

/** One cycle for each way back into the path of a depth-first walk, as node names with the first repeated at the end. */
export function findCycles(graph: Graph): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (node: string): void => {
    const at = trail.indexOf(node);
    if (at >= 0) {
      cycles.push([...trail.slice(at), node]);
      return;
    }
    if (done.has(node)) return;
    trail.push(node);
    for (const next of graph.get(node) ?? []) visit(next);
    trail.pop();
    done.add(node);
  };
  for (const node of graph.keys()) visit(node);
  return cycles;
}
