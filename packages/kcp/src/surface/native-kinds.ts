import {
  builtinDeclarations,
  kcpSystemDeclarations,
  shardDeclarations,
  tableCells,
  tableKey,
  tenancyDeclarations,
  topologyDeclarations,
} from '@canopy/api';
import type { KubeObject, ResourceDeclaration } from '@canopy/apimachinery';
import { type ServedResource, type Strategy, serveResource } from '@canopy/apiserver';

/** Kinds that are served from our own declarations, and how they come into a logical cluster. */
export interface NativeKinds {
  /** In every logical cluster. */
  everywhere: readonly ServedResource[];
  /** Bound through exports of the root workspace: by export name. */
  byRootExport: ReadonlyMap<string, readonly ServedResource[]>;
  find(group: string, resource: string): ServedResource;
}

export interface NativeKindsOptions {
  /** By `<group>/<plural>`. */
  strategies: ReadonlyMap<string, Strategy>;
  /** Conversions of kinds with several different versions, by `<group>/<plural>`. */
  conversions: ReadonlyMap<string, (object: KubeObject, toVersion: string) => KubeObject>;
  /** Kinds that are a second API over another kind's storage. */
  storedElsewhere: ReadonlyMap<string, StoredElsewhere>;
}

export interface StoredElsewhere {
  storedAs: { group: string; resource: string };
  /** The declaration with the stored form as a version that is not served. */
  declaration(own: ResourceDeclaration): ResourceDeclaration;
}

/** Columns that are computed rather than read are in `tableCells`, unless the strategy has its own. */
function withCells(declaration: ResourceDeclaration, strategy: Strategy | undefined): Strategy | undefined {
  const cells = tableCells.get(tableKey(declaration.group, declaration.names.kind));
  return cells === undefined || strategy?.tableCells !== undefined ? strategy : { ...strategy, tableCells: cells };
}

export const rootExports: Readonly<Record<string, readonly ResourceDeclaration[]>> = {
  'tenancy.kcp.io': tenancyDeclarations,
  'topology.kcp.io': topologyDeclarations,
  'shards.core.kcp.io': shardDeclarations,
};

export function nativeKinds(options: NativeKindsOptions): NativeKinds {
  const serve = (declaration: ResourceDeclaration, kind: 'builtin' | 'system'): ServedResource => {
    const key = `${declaration.group}/${declaration.names.plural}`;
    const strategy = withCells(declaration, options.strategies.get(key));
    const convert = options.conversions.get(key);
    const storage = options.storedElsewhere.get(key);
    return serveResource(storage?.declaration(declaration) ?? declaration, {
      origin: { kind },
      ...(storage === undefined ? {} : { storedAs: storage.storedAs }),
      ...(strategy === undefined ? {} : { strategy }),
      ...(convert === undefined ? {} : { convert }),
    });
  };
  const everywhere = [
    ...builtinDeclarations.map((declaration) => serve(declaration, 'builtin')),
    ...kcpSystemDeclarations.map((declaration) => serve(declaration, 'system')),
  ];
  const byRootExport = new Map(
    Object.entries(rootExports).map(([name, declarations]) => [
      name,
      declarations.map((declaration) => serve(declaration, 'system')),
    ]),
  );
  const byKey = new Map<string, ServedResource>();
  for (const resource of [...everywhere, ...[...byRootExport.values()].flat()]) {
    byKey.set(`${resource.declaration.group}/${resource.declaration.names.plural}`, resource);
  }
  return {
    everywhere,
    byRootExport,
    find(group, resource) {
      const found = byKey.get(`${group}/${resource}`);
      if (found === undefined) throw new RangeError(`no native kind ${resource}.${group}`);
      return found;
    },
  };
}
