// node scripts/with-node.mjs [--built] FILE [ARG...]
// Runs a TypeScript file of the repository under the pinned Node.js, installing dependencies first and, with --built,
// building too. Says what is missing where FILE does not exist.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { installDependencies } from './dependencies.mjs';
import { requireNode, root } from './node-runtime.mjs';

const words = process.argv.slice(2);
if (words[0] === '--built') {
  words.shift();
  await import('./prepare.mjs');
}
const [file, ...args] = words;
if (!file || !existsSync(path.join(root, file))) {
  process.stderr.write(`canopy: ${file ?? 'no file given'}: there is no such program in this repository\n`);
  process.exit(1);
}
installDependencies();
const child = spawn(requireNode(), [path.join(root, file), ...args], { stdio: 'inherit' });
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 1;
  if (signal) process.stderr.write(`canopy: ${file} ended by ${signal}\n`);
});
