// node scripts/install-plugins.mjs [FOLDER]
// Links the kubectl plugins, and `canopy` itself, into a folder of the PATH: the one given, otherwise ~/.local/bin.
import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { root } from './node-runtime.mjs';

const target = path.resolve(process.env.INIT_CWD ?? '.', process.argv[2] ?? path.join(homedir(), '.local', 'bin'));
const source = path.join(root, 'bin');
mkdirSync(target, { recursive: true });

for (const name of readdirSync(source)) {
  const link = path.join(target, name);
  const present = lstatSync(link, { throwIfNoEntry: false });
  if (present && !(present.isSymbolicLink() && path.basename(path.dirname(readlinkSync(link))) === 'bin')) {
    process.stderr.write(`canopy: ${link} is not one of Canopy's links; left as it is\n`);
    process.exitCode = 1;
    continue;
  }
  if (present) rmSync(link);
  symlinkSync(path.join(source, name), link);
}

process.stdout.write(`Linked canopy and its kubectl plugins into ${target}\n`);
if (!(process.env.PATH ?? '').split(path.delimiter).includes(target)) {
  process.stdout.write(`This folder is not on your PATH yet: export PATH="${target}:$PATH"\n`);
}
