import path from 'node:path';
import type { Layers } from './layers.ts';
import type { Import, SourceFile, SourcePackage } from './source-file.ts';

const scope = '@canopy/';

/** Imports that `layers.json`, or the border of a package, forbids. One line each: `file:line: what is wrong`. */
export function importViolations(packages: SourcePackage[], layers: Layers): string[] {
  const byName = new Map(packages.filter(({ kind }) => kind === 'packages').map((entry) => [entry.name, entry]));
  return packages.flatMap((owner) => {
    const row = owner.kind === 'providers' ? layers.providers : layers.packages[owner.name]?.imports;
    if (!row) return [`packages/${owner.name}: has no row in layers.json`];
    return owner.files.flatMap((file) =>
      file.imports.flatMap((found) => {
        const problem = found.specifier.startsWith(scope)
          ? acrossPackages(found.specifier.slice(scope.length), { owner, file, row, byName })
          : withinPackage(found, owner, file, layers);
        return problem ? [`${file.path}:${found.line}: ${problem}`] : [];
      }),
    );
  });
}

function acrossPackages(
  target: string,
  from: { owner: SourcePackage; file: SourceFile; row: string[]; byName: Map<string, SourcePackage> },
): string | undefined {
  const { owner, file, row, byName } = from;
  const [name = '', ...rest] = target.split('/');
  const subpath = ['.', ...rest].join('/');
  if (name === owner.name && owner.kind === 'packages') return 'imports its own package by name';
  if (!row.includes(name) && !(file.isTest && name === 'testing')) {
    return `${owner.name} may not import ${name} (layers.json)`;
  }
  const exported = byName.get(name)?.exports ?? {};
  if (!(subpath in exported)) return `${scope}${target} is not an export of ${name}`;
  if (subpath === './testing' && !file.isTest && owner.name !== 'testing') {
    return `${scope}${target} is for tests`;
  }
  return undefined;
}

function withinPackage(found: Import, owner: SourcePackage, file: SourceFile, layers: Layers): string | undefined {
  const { specifier } = found;
  if (specifier.startsWith('.')) {
    const target = path.posix.join(path.posix.dirname(file.path), specifier);
    if (!target.startsWith(`${owner.kind}/${owner.name}/`)) return `${specifier} leaves the package`;
    return folderProblem(found, { from: file.inner, to: target.split('/').slice(3).join('/') }, owner, layers);
  }
  if (specifier.startsWith('node:') && layers.pure.includes(owner.name) && !file.isTest) {
    return `${owner.name} is pure and may not import ${specifier}`;
  }
  return undefined;
}

function folderProblem(
  found: Import,
  way: { from: string; to: string },
  owner: SourcePackage,
  layers: Layers,
): string | undefined {
  const rules = owner.kind === 'packages' ? layers.folders[owner.name] : undefined;
  const [source, target] = [firstFolder(way.from), firstFolder(way.to)];
  if (!rules || !source || !target || source === target) return undefined;
  const [sourcePlace, targetPlace] = [rules.order.indexOf(source), rules.order.indexOf(target)];
  if (sourcePlace >= 0 && targetPlace >= 0 && targetPlace < sourcePlace) {
    return `${source}/ may not import ${target}/, which stands before it (layers.json)`;
  }
  const importers = rules.onlyImportedBy[target];
  if (importers && !found.typeOnly && !importers.includes(source)) {
    return `${target}/ may be imported by ${importers.join(' and ')} only (layers.json)`;
  }
  return undefined;
}

/** First folder below `src`, or `''` for a file that lies in `src` itself. */
export function firstFolder(inner: string): string {
  const slash = inner.indexOf('/');
  return slash < 0 ? '' : inner.slice(0, slash);
}
