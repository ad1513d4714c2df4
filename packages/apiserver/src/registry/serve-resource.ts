import { createHash } from 'node:crypto';
import {
  apiVersionOf,
  compileJsonPath,
  compileSchema,
  type KubeObject,
  type ResourceDeclaration,
  type VersionDeclaration,
  withObjectMeta,
} from '@canopy/apimachinery';
import type { ApiSurface, ResourceOrigin, ServedResource, ServedVersion } from './served-resource.ts';
import { defaultStrategy, type Strategy } from './strategy.ts';

export interface ServeOptions {
  identity?: string;
  storedAs?: { group: string; resource: string };
  origin: ResourceOrigin;
  strategy?: Strategy;
  terminating?: boolean;
  /** Between served versions; the default changes `apiVersion` only. Gets an object it may mutate. */
  convert?(object: KubeObject, toVersion: string): KubeObject;
}

/** Makes a declaration ready to serve: schemas completed and compiled, selectable fields resolved. */
export function serveResource(declaration: ResourceDeclaration, options: ServeOptions): ServedResource {
  const versions = new Map<string, ServedVersion>();
  for (const version of declaration.versions) {
    if (version.served || version.name === declaration.storageVersion)
      versions.set(version.name, serveVersion(version));
  }
  const { group } = declaration;
  return {
    declaration,
    key: `${group}/${declaration.names.plural}`,
    identity: options.identity ?? '',
    storedAs: options.storedAs ?? { group, resource: declaration.names.plural },
    origin: options.origin,
    strategy: options.strategy ?? defaultStrategy,
    versions,
    terminating: options.terminating ?? false,
    trivialConversion: options.convert === undefined,
    convert:
      options.convert ??
      ((object, toVersion) => {
        object.apiVersion = apiVersionOf(group, toVersion);
        return object;
      }),
  };
}

const compiledVersions = new WeakMap<VersionDeclaration, ServedVersion>();

/** Compiled once per declaration value, however many surfaces share it. */
function serveVersion(declaration: VersionDeclaration): ServedVersion {
  let served = compiledVersions.get(declaration);
  if (served === undefined) {
    served = new LazyServedVersion(declaration);
    compiledVersions.set(declaration, served);
  }
  return served;
}

/** Most kinds are never touched in the life of a process: schemas are completed and compiled on first use. */
class LazyServedVersion implements ServedVersion {
  readonly declaration: VersionDeclaration;
  private schema: ServedVersion['fullSchema'] | undefined;
  private compiledSchema: ServedVersion['compiled'] | undefined;
  private selectable: ServedVersion['selectableFields'] | undefined;

  constructor(declaration: VersionDeclaration) {
    this.declaration = declaration;
  }

  get columns(): ServedVersion['columns'] {
    return this.declaration.printerColumns;
  }

  get fullSchema(): ServedVersion['fullSchema'] {
    this.schema ??= withObjectMeta(this.declaration.schema);
    return this.schema;
  }

  get compiled(): ServedVersion['compiled'] {
    this.compiledSchema ??= compileSchema(this.fullSchema);
    return this.compiledSchema;
  }

  get selectableFields(): ServedVersion['selectableFields'] {
    this.selectable ??= new Map(
      (this.declaration.selectableFields ?? []).map((path) => [path.replace(/^\./, ''), compileJsonPath(path)]),
    );
    return this.selectable;
  }
}

const contentHashes = new WeakMap<ResourceDeclaration, string>();

function contentHash(declaration: ResourceDeclaration): string {
  let hash = contentHashes.get(declaration);
  if (hash === undefined) {
    hash = createHash('sha256').update(JSON.stringify(declaration)).digest('base64url');
    contentHashes.set(declaration, hash);
  }
  return hash;
}

/** A surface over the given resources. Of two with the same group and plural the first wins. */
export function makeSurface(resources: readonly ServedResource[]): ApiSurface {
  const byKey = new Map<string, ServedResource>();
  for (const resource of resources) {
    if (!byKey.has(resource.key)) byKey.set(resource.key, resource);
  }
  const all = [...byKey.values()].sort(compareResources);
  let hash: string | undefined;
  return {
    get hash() {
      if (hash === undefined) {
        const digest = createHash('sha256');
        for (const resource of all) {
          digest.update(`${contentHash(resource.declaration)}:${resource.identity}:${resource.terminating}\n`);
        }
        hash = digest.digest('base64url');
      }
      return hash;
    },
    find: (group, resource) => byKey.get(`${group}/${resource}`),
    all: () => all,
  };
}

function compareResources(a: ServedResource, b: ServedResource): number {
  if (a.declaration.group !== b.declaration.group) return a.declaration.group < b.declaration.group ? -1 : 1;
  return a.declaration.names.plural < b.declaration.names.plural ? -1 : 1;
}
