import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dependenciesAreCurrent } from './dependencies.mjs';

const entry = { version: '1.0.0', integrity: 'sha512-a' };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dependencies-'));
  mkdirSync(path.join(folder, 'node_modules'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes the lock file, and npm's copy of what it installed as the older or the newer of the two. */
function lock(wanted: Record<string, object>, present: Record<string, object>, copy: 'older' | 'newer') {
  const [wantedFile, presentFile] = ['package-lock.json', 'node_modules/.package-lock.json'].map((file) =>
    path.join(folder, file),
  ) as [string, string];
  writeFileSync(wantedFile, JSON.stringify({ packages: { '': {}, ...wanted } }));
  writeFileSync(presentFile, JSON.stringify({ packages: present }));
  utimesSync(wantedFile, 1000, 1000);
  utimesSync(presentFile, 1000, copy === 'older' ? 999 : 1001);
}

describe('installed dependencies', () => {
  it('are out of date where nothing is installed', () => {
    writeFileSync(path.join(folder, 'package-lock.json'), '{"packages":{}}');
    expect(dependenciesAreCurrent(folder)).toBe(false);
  });

  it('are taken as current where npm was the last to write', () => {
    lock({ 'node_modules/a': entry }, {}, 'newer');
    expect(dependenciesAreCurrent(folder)).toBe(true);
  });

  it('are compared where the lock file is newer', () => {
    lock({ 'node_modules/a': entry }, { 'node_modules/a': entry }, 'older');
    expect(dependenciesAreCurrent(folder)).toBe(true);
    lock({ 'node_modules/a': entry }, {}, 'older');
    expect(dependenciesAreCurrent(folder)).toBe(false);
    lock({ 'node_modules/a': entry }, { 'node_modules/a': { ...entry, integrity: 'sha512-b' } }, 'older');
    expect(dependenciesAreCurrent(folder)).toBe(false);
  });

  it('may lack what is optional', () => {
    lock({ 'node_modules/other-platform': { ...entry, optional: true } }, {}, 'older');
    expect(dependenciesAreCurrent(folder)).toBe(true);
  });
});
