import path from 'node:path';
import type { Layers } from './layers.ts';
import type { SourceFile, SourcePackage } from './source-file.ts';

/** Limits on how a package is cut into folders and files. */
export const limits = { linesPerFile: 400, sourcesPerFolder: 20, foldersBelowSource: 3 };

const drawers = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'types', 'misc']);

/** Files and folders that are too large, too deep, badly named, or export in a way that hides what they export. */
export function shapeViolations(packages: SourcePackage[], layers: Layers): string[] {
  return packages.flatMap((owner) => {
    const mayReadEnvironment = owner.kind === 'providers' || layers.readsEnvironment.includes(owner.name);
    const entryPoints = new Set(
      Object.values(owner.exports).map((file) => path.posix.join(owner.kind, owner.name, file)),
    );
    return [
      ...owner.files.flatMap((file) => {
        const problems = fileProblems(file);
        if (file.isBarrel && !entryPoints.has(file.path)) problems.push('only passes on what other files export');
        if (!mayReadEnvironment && !file.isTest && /\bprocess\.(env|argv)\b/.test(file.text)) {
          problems.push(`reads process.env or process.argv, which is for ${layers.readsEnvironment.join(', ')}`);
        }
        return problems.map((problem) => `${file.path}: ${problem}`);
      }),
      ...crowdedFolders(owner.files),
    ];
  });
}

function fileProblems(file: SourceFile): string[] {
  const problems: string[] = [];
  const parts = file.inner.split('/');
  if (file.lines > limits.linesPerFile) problems.push(`${file.lines} lines; ${limits.linesPerFile} are the limit`);
  if (parts.length - 1 > limits.foldersBelowSource) {
    problems.push(`lies ${parts.length - 1} folders below src; ${limits.foldersBelowSource} are the limit`);
  }
  const drawer = parts.map((part) => part.replace(/\.tsx?$/, '')).find((part) => drawers.has(part));
  if (drawer) problems.push(`'${drawer}' does not say what it holds`);
  if (file.exportsAll) problems.push('export * hides what is exported');
  if (file.exportsDefault) problems.push('has a default export');
  return problems;
}

function crowdedFolders(files: SourceFile[]): string[] {
  const count = new Map<string, number>();
  for (const file of files) {
    const folder = path.posix.dirname(file.path);
    if (!file.path.endsWith('.test.ts')) count.set(folder, (count.get(folder) ?? 0) + 1);
  }
  return [...count]
    .filter(([, sources]) => sources > limits.sourcesPerFolder)
    .map(([folder, sources]) => `${folder}: ${sources} sources; ${limits.sourcesPerFolder} are the limit`);
}
