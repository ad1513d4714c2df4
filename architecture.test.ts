import { readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkArchitecture } from './scripts/architecture/check.ts';
import { forbiddenMentions } from './scripts/architecture/forbidden-words.ts';
import { renderArchitecture } from './scripts/architecture/package-table.ts';
import { buildEntries } from './scripts/entries.ts';

const root = import.meta.dirname;
const report = checkArchitecture(root);

describe('the packages', () => {
  it('were found', () => {
    expect(report.files).toBeGreaterThan(20);
  });

  it('import only what layers.json lets them', () => {
    expect(report.imports).toEqual([]);
  });

  it('have no cycles among packages, folders or files', () => {
    expect(report.cycles).toEqual([]);
  });

  it('keep files and folders small, named for what they hold, and their exports visible', () => {
    expect(report.shape).toEqual([]);
  });
});

describe('the repository', () => {
  it('names no machine and no registry', () => {
    expect(forbiddenMentions(root)).toEqual([]);
  });

  it('shows the table of packages in ARCHITECTURE.md as layers.json has it', () => {
    const { present, wanted } = renderArchitecture(root);
    expect(present).toBe(wanted);
  });

  it('starts every program in bin/ through the one launcher', () => {
    const links = readdirSync(path.join(root, 'bin')).filter((name) => name !== 'canopy');
    expect(links.map((name) => readlinkSync(path.join(root, 'bin', name)))).toEqual(links.map(() => 'canopy'));
  });

  it('builds every program that bin/ starts', () => {
    const programs = ['canopy', 'sqlite-worker', 'api-thread', 'kubectl-create-workspace', 'kubectl-kcp', 'kubectl-ws'];
    expect(Object.keys(buildEntries(root)).sort()).toEqual(programs.sort());
  });
});
