import { forbidden, type KubeObject, type StatusError } from '@canopy/apimachinery';
import { DerivedCache } from '@canopy/apiserver';
import { type Change, objectPrefix, parseObjectKey, type Storage } from '@canopy/storage';
import type { ClusterDirectory } from '../logical-cluster/cluster-directory.ts';
import { groups, readObject, workspaceTypeKey } from '../logical-cluster/stored-kinds.ts';

export interface TypeReference {
  name: string;
  path?: string;
}

export interface TypeSpec {
  initializer?: boolean;
  terminator?: boolean;
  extend?: { with?: TypeReference[] };
  additionalWorkspaceLabels?: Record<string, string>;
  defaultChildWorkspaceType?: TypeReference;
  limitAllowedChildren?: { none?: boolean; types?: TypeReference[] };
  limitAllowedParents?: { none?: boolean; types?: TypeReference[] };
  defaultAPIBindings?: { path?: string; export: string }[];
  defaultAPIBindingLifecycle?: string;
}

/** A type, found. `path` is the canonical path of its cluster: `path:name` is its full name. */
export interface ResolvedType {
  name: string;
  cluster: string;
  path: string;
  spec: TypeSpec;
}

export function typeText(type: Pick<ResolvedType, 'path' | 'name'>): string {
  return `${type.path}:${type.name}`;
}

const capacity = 500;
const typesPrefix = objectPrefix({ group: groups.tenancy, resource: 'workspacetypes' });

/** WorkspaceTypes, resolved by reference, with all that they extend. */
export class WorkspaceTypes {
  private readonly storage: Storage;
  private readonly directory: ClusterDirectory;
  private readonly types = new DerivedCache<{ object: KubeObject | undefined }>(capacity);

  constructor(storage: Storage, directory: ClusterDirectory) {
    this.storage = storage;
    this.directory = directory;
  }

  onChanges(changes: readonly Change[]): void {
    for (const { key } of changes) {
      if (!key.startsWith(typesPrefix)) continue;
      const at = parseObjectKey(key);
      this.types.drop(`${at?.cluster}/${at?.name}`);
    }
  }

  private async find(cluster: string, name: string): Promise<ResolvedType | undefined> {
    const { object } = await this.types.get(`${cluster}/${name}`, async () => ({
      object: (await readObject(this.storage, workspaceTypeKey(cluster, name)))?.object,
    }));
    if (object === undefined) return undefined;
    return { name, cluster, path: await this.directory.pathOf(cluster), spec: (object.spec ?? {}) as TypeSpec };
  }

  /** With a path: there. Without: in the given cluster, then up through its ancestors, then in root. */
  async resolve(reference: TypeReference, from: string): Promise<ResolvedType | undefined> {
    if (reference.path) {
      const cluster = await this.directory.resolveName(reference.path);
      return cluster === undefined ? undefined : this.find(cluster, reference.name);
    }
    const segments = (await this.directory.pathOf(from)).split(':');
    const here = await this.find(from, reference.name);
    if (here !== undefined) return here;
    for (let length = segments.length - 1; length > 0; length--) {
      const cluster = await this.directory.resolveName(segments.slice(0, length).join(':'));
      const found = cluster === undefined ? undefined : await this.find(cluster, reference.name);
      if (found !== undefined) return found;
    }
    return this.find('root', reference.name);
  }

  /** The type and everything it extends, base types first, each once. 403 for cycles and missing bases. */
  async aliases(type: ResolvedType): Promise<ResolvedType[]> {
    const done = new Map<string, ResolvedType>();
    await this.collect(type, [], done);
    return [...done.values()];
  }

  private async collect(type: ResolvedType, trail: readonly string[], done: Map<string, ResolvedType>): Promise<void> {
    const text = typeText(type);
    if (trail.includes(text)) {
      const start = trail[0] as string;
      throw refuse(`circular dependency detected in workspace type ${start}: ${[...trail, text].join(' -> ')}`);
    }
    if (done.has(text)) return;
    for (const reference of type.spec.extend?.with ?? []) {
      const base = await this.resolve(reference.path ? reference : { ...reference, path: type.path }, type.cluster);
      if (base === undefined)
        throw refuse(`unable to find inherited workspace type ${reference.path ?? type.path}:${reference.name}`);
      await this.collect(base, [...trail, text], done);
    }
    done.set(text, type);
  }
}

export function refuse(why: string): StatusError {
  return forbidden({ group: groups.tenancy, resource: 'workspaces' }, '', why);
}

/** Initializers of a workspace with these aliases; `system:apibindings` when default bindings have to be made. */
export function initializersOf(aliases: readonly ResolvedType[]): string[] {
  return aliases.filter((alias) => alias.spec.initializer === true).map(typeText);
}

export function terminatorsOf(aliases: readonly ResolvedType[]): string[] {
  return aliases.filter((alias) => alias.spec.terminator === true).map(typeText);
}

type Limit = { none?: boolean; types?: TypeReference[] } | undefined;

/** Whether parent and child may stand in this relation; every alias with a limit must agree. 403 otherwise. */
export function checkTypeLimits(child: readonly ResolvedType[], parent: readonly ResolvedType[]): void {
  for (const alias of child)
    checkLimit(alias, alias.spec.limitAllowedParents, { relation: 'parent', others: parent, own: child });
  for (const alias of parent)
    checkLimit(alias, alias.spec.limitAllowedChildren, { relation: 'child', others: child, own: parent });
}

function checkLimit(
  alias: ResolvedType,
  limit: Limit,
  {
    relation,
    others,
    own,
  }: { relation: 'parent' | 'child'; others: readonly ResolvedType[]; own: readonly ResolvedType[] },
): void {
  if (limit === undefined) return;
  const leaf = typeText(own[own.length - 1] as ResolvedType);
  const subject = leaf === typeText(alias) ? leaf : `${leaf} extends ${typeText(alias)}`;
  if (limit.none === true) throw refuse(`workspace type ${subject} cannot have any ${relation}`);
  const allowed = (limit.types ?? []).map((reference) => `${reference.path ?? alias.path}:${reference.name}`);
  if (limit.types === undefined || others.some((other) => allowed.includes(typeText(other)))) return;
  const list = (texts: readonly string[]): string => `[${texts.join(' ')}]`;
  const otherLeaf = typeText(others[others.length - 1] as ResolvedType);
  throw refuse(
    `workspace type ${subject} only allows ${list(allowed)} ${relation} workspaces, but ${relation} type ${otherLeaf} only implements ${list(others.map(typeText))}`,
  );
}
