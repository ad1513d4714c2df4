import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkArchitecture } from './check.ts';
import type { Layers } from './layers.ts';

const layers: Layers = {
  packages: {
    base: { purpose: 'the lowest', imports: [] },
    middle: { purpose: 'between', imports: ['base'] },
    testing: { purpose: 'for tests', imports: ['base', 'middle'] },
  },
  providers: ['base'],
  pure: ['base'],
  readsEnvironment: ['testing'],
  folders: { middle: { order: ['upper', 'lower'], onlyImportedBy: { guarded: ['upper'] } } },
};
const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/** A tree of the three packages and a provider, each with an empty entry, plus `files`. */
function tree(files: Record<string, string>, rules: Layers = layers): string {
  const root = mkdtempSync(path.join(tmpdir(), 'architecture-'));
  made.push(root);
  const all: Record<string, string> = { 'layers.json': JSON.stringify(rules) };
  for (const place of ['packages/base', 'packages/middle', 'packages/testing', 'providers/outsider']) {
    all[`${place}/package.json`] = JSON.stringify({
      exports: { '.': './src/index.ts', './testing': './src/testing/contract.ts' },
    });
    all[`${place}/src/index.ts`] = 'export const answer = 42;\n';
  }
  for (const [file, text] of Object.entries({ ...all, ...files })) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  return root;
}

const importsOf = (files: Record<string, string>) => checkArchitecture(tree(files)).imports;
const cyclesOf = (files: Record<string, string>) => checkArchitecture(tree(files)).cycles;
const shapeOf = (files: Record<string, string>) => checkArchitecture(tree(files)).shape;

describe('a tree that keeps the rules', () => {
  it('is reported clean', () => {
    const root = tree({
      'packages/middle/src/upper/a.ts':
        "import { answer } from '@canopy/base';\nimport { b } from '../lower/b.ts';\nexport const a = answer + b;\n",
      'packages/middle/src/lower/b.ts':
        "import type { Guard } from '../guarded/guard.ts';\nexport const b = 1 as Guard;\n",
      'packages/middle/src/guarded/guard.ts': 'export type Guard = number;\n',
      'packages/base/src/index.test.ts':
        "import { answer } from '@canopy/testing';\nimport 'node:fs';\nexport const x = answer;\n",
      'packages/base/src/index.ts': "export { c } from './c.ts';\n",
      'packages/base/src/c.ts': 'export const c = 1;\n',
      'packages/middle/src/generated/huge.ts': 'export const line = 1;\n'.repeat(500),
    });
    expect(checkArchitecture(root)).toEqual({ imports: [], cycles: [], shape: [], files: 9 });
  });
});

describe('imports across packages', () => {
  it.each([
    ['a value', "import { answer } from '@canopy/middle';"],
    ['a type', "import type { Answer } from '@canopy/middle';"],
    ['a re-export', "export { answer } from '@canopy/middle';"],
    ['a side effect', "import '@canopy/middle';"],
    ['a dynamic import', "export const later = () => import('@canopy/middle');"],
    ['a type by import()', "export type Later = import('@canopy/middle').Answer;"],
  ])('are held to the row of the package: %s', (_, text) => {
    const violations = importsOf({ 'packages/base/src/up.ts': `\n${text}\n` });
    expect(violations).toEqual(['packages/base/src/up.ts:2: base may not import middle (layers.json)']);
  });

  it('are held to the row of all providers', () => {
    expect(importsOf({ 'providers/outsider/src/a.ts': "import '@canopy/middle';\n" })).toEqual([
      'providers/outsider/src/a.ts:1: outsider may not import middle (layers.json)',
    ]);
  });

  it('go through what the other package exports', () => {
    expect(importsOf({ 'packages/middle/src/a.ts': "import '@canopy/base/src/c.ts';\n" })).toEqual([
      'packages/middle/src/a.ts:1: @canopy/base/src/c.ts is not an export of base',
    ]);
    expect(importsOf({ 'packages/middle/src/a.ts': "import '../../base/src/index.ts';\n" })).toEqual([
      'packages/middle/src/a.ts:1: ../../base/src/index.ts leaves the package',
    ]);
  });

  it('bring testing material into tests only', () => {
    const text = "import '@canopy/base/testing';\n";
    expect(importsOf({ 'packages/middle/src/a.ts': text })).toEqual([
      'packages/middle/src/a.ts:1: @canopy/base/testing is for tests',
    ]);
    expect(importsOf({ 'packages/middle/src/a.test.ts': text })).toEqual([]);
  });

  it('are read from code, not from comments and strings', () => {
    const text = "// import '@canopy/middle';\nexport const text = `import '@canopy/middle';`;\n";
    expect(importsOf({ 'packages/base/src/a.ts': text })).toEqual([]);
  });

  it('need a row for the package', () => {
    const root = tree({ 'packages/stranger/package.json': '{}', 'packages/stranger/src/a.ts': '' });
    expect(checkArchitecture(root).imports).toEqual(['packages/stranger: has no row in layers.json']);
  });
});

describe('imports within a package', () => {
  it('follow the order of its folders', () => {
    expect(importsOf({ 'packages/middle/src/lower/a.ts': "import '../upper/b.ts';\n" })).toEqual([
      'packages/middle/src/lower/a.ts:1: lower/ may not import upper/, which stands before it (layers.json)',
    ]);
  });

  it('enter a guarded folder from where it says, unless for a type', () => {
    expect(importsOf({ 'packages/middle/src/lower/a.ts': "import '../guarded/b.ts';\n" })).toEqual([
      'packages/middle/src/lower/a.ts:1: guarded/ may be imported by upper only (layers.json)',
    ]);
    expect(importsOf({ 'packages/middle/src/upper/a.ts': "import '../guarded/b.ts';\n" })).toEqual([]);
  });

  it('keep Node.js out of a pure package', () => {
    expect(importsOf({ 'packages/base/src/a.ts': "import 'node:fs';\n" })).toEqual([
      'packages/base/src/a.ts:1: base is pure and may not import node:fs',
    ]);
  });
});

describe('cycles', () => {
  it('are found among rows', () => {
    const base = { purpose: 'the lowest', imports: ['middle'] };
    const root = tree({}, { ...layers, packages: { ...layers.packages, base } });
    expect(checkArchitecture(root).cycles).toEqual(['layers.json: packages form a cycle: base → middle → base']);
  });

  it('are found among folders, types included', () => {
    const files = {
      'packages/base/src/one/a.ts': "import type { B } from '../two/b.ts';\nexport type A = B;\n",
      'packages/base/src/two/b.ts': "import type { C } from '../one/c.ts';\nexport type B = C;\n",
      'packages/base/src/one/c.ts': 'export type C = number;\n',
    };
    expect(cyclesOf(files)).toEqual(['packages/base/src: folders form a cycle: one → two → one']);
  });

  it('are found among files, unless types alone close them', () => {
    const a = "import { b } from './b.ts';\nexport const a = () => b;\n";
    const b = "import { a } from './a.ts';\nexport const b = () => a;\n";
    expect(cyclesOf({ 'packages/base/src/a.ts': a, 'packages/base/src/b.ts': b })).toEqual([
      'packages/base/src: files form a cycle: a.ts → b.ts → a.ts',
    ]);
    const typeOnly = b.replace('import {', 'import type {').replace('() => a', '(x: typeof a) => x');
    expect(cyclesOf({ 'packages/base/src/a.ts': a, 'packages/base/src/b.ts': typeOnly })).toEqual([]);
  });
});

describe('the shape of a package', () => {
  it.each([
    ['long', 'a.ts', 'export const line = 1;\n'.repeat(401), '401 lines; 400 are the limit'],
    ['deep', 'a/b/c/d/e.ts', '', 'lies 4 folders below src; 3 are the limit'],
    ['a drawer', 'utils/a.ts', '', "'utils' does not say what it holds"],
    ['a default export', 'a.ts', 'export default 1;\n', 'has a default export'],
    ['a renamed default export', 'a.ts', 'const a = 1;\nexport { a as default };\n', 'has a default export'],
    ['a barrel', 'a.ts', "export { answer } from './index.ts';\n", 'only passes on what other files export'],
    [
      'the environment',
      'a.ts',
      'export const a = process.env.HOME;\n',
      'reads process.env or process.argv, which is for testing',
    ],
  ])('has no file that is or has %s', (_, file, text, problem) => {
    expect(shapeOf({ [`packages/base/src/${file}`]: text })).toEqual([`packages/base/src/${file}: ${problem}`]);
  });

  it('has no export *', () => {
    expect(
      shapeOf({ 'packages/base/src/index.ts': "export * from './a.ts';\n", 'packages/base/src/a.ts': '' }),
    ).toEqual(['packages/base/src/index.ts: export * hides what is exported']);
  });

  it('has no folder of more than 20 sources, tests not counted', () => {
    const named = (count: number, ending: string) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`packages/base/src/wide/f${at}${ending}`, '']));
    expect(shapeOf({ ...named(20, '.ts'), ...named(20, '.test.ts') })).toEqual([]);
    expect(shapeOf(named(21, '.ts'))).toEqual(['packages/base/src/wide: 21 sources; 20 are the limit']);
  });
});
