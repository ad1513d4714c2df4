import { readFileSync } from 'node:fs';
import path from 'node:path';

/** `layers.json`: who may import whom. */
export interface Layers {
  /** Every package below `packages/`, lowest layer first. */
  packages: Record<string, { purpose: string; imports: string[] }>;
  /** What every package below `providers/` may import. */
  providers: string[];
  /** Packages that run in a browser too: no `node:` module outside their tests. */
  pure: string[];
  /** Packages whose sources may read `process.env` and `process.argv`. */
  readsEnvironment: string[];
  /** Rules for the first-level folders below a package's `src`. */
  folders: Record<string, FolderRules>;
}

export interface FolderRules {
  /** A folder of this list may import, of the list, only those after it. */
  order: string[];
  /** Folder → the only other folders that may import it, except for types. */
  onlyImportedBy: Record<string, string[]>;
}

/** Reads `layers.json` in `root`. */
export function readLayers(root: string): Layers {
  return JSON.parse(readFileSync(path.join(root, 'layers.json'), 'utf8')) as Layers;
}
