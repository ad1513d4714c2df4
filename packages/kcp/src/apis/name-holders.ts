import type { ApiSurface } from '@canopy/apiserver';
import { exportText } from './export-model.ts';
import type { NameHolder } from './naming-conflicts.ts';

/** The export that a binding is for; `native` tells which of our own kinds it brings. */
export interface OwnExport {
  exportCluster: string;
  exportName: string;
  native(group: string, plural: string): boolean;
}

/** Names taken in a cluster by what it serves now, except by the export that a binding is for. */
export function nameHoldersOf(surface: ApiSurface, except: OwnExport): NameHolder[] {
  const holders: NameHolder[] = [];
  for (const { declaration, origin } of surface.all()) {
    if (origin.kind === 'binding') {
      if (origin.exportCluster === except.exportCluster && origin.exportName === except.exportName) continue;
      const reference = exportText({ path: origin.exportCluster, name: origin.exportName });
      holders.push({
        group: declaration.group,
        names: declaration.names,
        holder: `an APIBinding bound to APIExport "${reference}"`,
      });
    } else if (origin.kind === 'crd') {
      holders.push({
        group: declaration.group,
        names: declaration.names,
        holder: `CustomResourceDefinition "${origin.crd}"`,
      });
    } else if (!except.native(declaration.group, declaration.names.plural)) {
      holders.push({ group: declaration.group, names: declaration.names, holder: 'a built-in API' });
    }
  }
  return holders;
}
