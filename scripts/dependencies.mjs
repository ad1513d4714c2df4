import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from './node-runtime.mjs';

/**
 * Whether `node_modules` holds what `package-lock.json` asks for. The copy of the lock file that npm leaves inside
 * `node_modules` is trusted when it is the newer of the two; otherwise their entries are compared, leaving out the
 * optional ones, which npm installs on some platforms only.
 */
export function dependenciesAreCurrent(folder = root) {
  const wantedFile = path.join(folder, 'package-lock.json');
  const presentFile = path.join(folder, 'node_modules', '.package-lock.json');
  const presentStat = statSync(presentFile, { throwIfNoEntry: false });
  if (!presentStat) return false;
  if (presentStat.mtimeMs >= statSync(wantedFile).mtimeMs) return true;
  const wanted = JSON.parse(readFileSync(wantedFile, 'utf8')).packages;
  const present = JSON.parse(readFileSync(presentFile, 'utf8')).packages;
  return Object.entries(wanted).every(([place, entry]) => {
    if (place === '' || entry.optional || entry.devOptional || entry.peer) return true;
    const installed = present[place];
    return installed !== undefined && installed.version === entry.version && installed.integrity === entry.integrity;
  });
}

/** Runs `npm ci` when something is missing; its failure ends the process with npm's exit code. */
export function installDependencies() {
  if (dependenciesAreCurrent()) return;
  process.stderr.write('canopy: installing dependencies (npm ci)\n');
  const npm = process.env.npm_execpath;
  // Warnings would only say that the running Node.js is too old for packages that the pinned one runs.
  const words = ['ci', '--loglevel=error'];
  const [command, args] = npm ? [process.execPath, [npm, ...words]] : ['npm', words];
  const run = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (run.error) process.stderr.write(`canopy: npm could not be run: ${run.error.message}\n`);
  if (run.status !== 0) process.exit(run.status ?? 1);
}
