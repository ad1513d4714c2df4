import { cycleViolations } from './cycle-rules.ts';
import { importViolations } from './import-rules.ts';
import { readLayers } from './layers.ts';
import { shapeViolations } from './shape-rules.ts';
import { readPackages } from './source-file.ts';

/** What in the packages below `root` breaks the rules, by concern; each an empty list where all is well. */
export interface ArchitectureReport {
  imports: string[];
  cycles: string[];
  shape: string[];
  /** How many source files were looked at. */
  files: number;
}

/** Holds every package below `root` to its `layers.json`. */
export function checkArchitecture(root: string): ArchitectureReport {
  const layers = readLayers(root);
  const packages = readPackages(root);
  return {
    imports: importViolations(packages, layers),
    cycles: cycleViolations(packages, layers),
    shape: shapeViolations(packages, layers),
    files: packages.reduce((sum, { files }) => sum + files.length, 0),
  };
}
