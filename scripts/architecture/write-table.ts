import { root } from '../node-runtime.mjs';
import { writeArchitecture } from './package-table.ts';

process.stdout.write(
  writeArchitecture(root) ? 'ARCHITECTURE.md: table rendered\n' : 'ARCHITECTURE.md: already current\n',
);
