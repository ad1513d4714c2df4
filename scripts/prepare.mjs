// Makes the tree ready to run: dependencies installed, `dist/` built from the current sources. Silent and quick when
// there is nothing to do. Plain JavaScript for Node.js 20, since the pinned release may not be installed yet.
import { spawnSync } from 'node:child_process';
import { installDependencies } from './dependencies.mjs';
import { requireNode, root } from './node-runtime.mjs';
import { buildIsCurrent } from './source-fingerprint.mjs';

installDependencies();
const node = requireNode();
if (!buildIsCurrent()) {
  const build = spawnSync(node, ['scripts/build.ts'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (build.status !== 0) process.exit(build.status ?? 1);
}
