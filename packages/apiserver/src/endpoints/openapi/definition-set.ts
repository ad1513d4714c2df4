import type { DiscoveredGroup, DiscoveredResource } from '../discovery/discovered-resource.ts';
import { definitionName, type GroupVersionKind, isNative, metaDefinition, scaleKind } from './definition-names.ts';
import { scaleDefinition, sharedSchemas } from './meta-schemas.ts';
import { type OpenApiSchema, type PublishTarget, publishInline, publishKind, publishList } from './publish-schema.ts';
import { anyObject, type KindDefinitions } from './resource-paths.ts';

const kindExtension = 'x-kubernetes-group-version-kind';

/** Collects the definitions of one document: kinds as they are added, shared schemas as they are referred to. */
export class DefinitionSet {
  private readonly definitions = new Map<string, OpenApiSchema>();
  private readonly targets: Readonly<Record<'native' | 'custom', PublishTarget>>;
  /** Definitions of the kinds that the document describes. */
  private readonly kinds: ReadonlyMap<string, string>;
  private readonly groups: readonly DiscoveredGroup[];

  constructor(dialect: 'v2' | 'v3', groups: readonly DiscoveredGroup[]) {
    const prefix = dialect === 'v2' ? '#/definitions/' : '#/components/schemas/';
    const refer = (definition: string): string => {
      if (!this.definitions.has(definition)) this.addShared(definition);
      return prefix + definition;
    };
    this.targets = { native: { dialect, native: true, refer }, custom: { dialect, native: false, refer } };
    this.groups = groups;
    this.kinds = kindIndex(groups);
  }

  /** Reference to a definition of this set. */
  refer(definition: string): string {
    return this.targets.native.refer(definition);
  }

  /** Adds the kind and the list kind of a resource, unless another resource has the same. */
  add(group: string, version: string, resource: DiscoveredResource): KindDefinitions {
    const { names } = resource.declaration;
    const native = isNative(resource.resource);
    const target = native ? this.targets.native : this.targets.custom;
    const self = { group, version, kind: names.kind };
    const kind = definitionName(self, native);
    if (!this.definitions.has(kind)) {
      const schema = publishKind(resource.served.fullSchema, target);
      const fields = resource.served.declaration.selectableFields;
      this.definitions.set(kind, {
        ...schema,
        [kindExtension]: [self],
        ...(fields === undefined || native
          ? {}
          : { 'x-kubernetes-selectable-fields': fields.map((path) => ({ fieldPath: path.replace(/^\./, '') })) }),
      });
    }
    const listKind = { group, version, kind: names.listKind };
    const list = definitionName(listKind, native);
    if (resource.verbs.includes('list') && !this.definitions.has(list)) {
      this.definitions.set(list, { ...publishList(kind, target), [kindExtension]: [listKind] });
    }
    return { kind, list, native, of: (other) => this.definitionOf(other) };
  }

  /** By name. */
  sorted(): Record<string, OpenApiSchema> {
    return Object.fromEntries([...this.definitions].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private definitionOf(kind: GroupVersionKind): string {
    if (keyOf(kind) === keyOf(scaleKind)) return scaleDefinition;
    return this.kinds.get(keyOf(kind)) ?? anyObject;
  }

  private addShared(definition: string): void {
    const schema = sharedSchemas.get(definition);
    // Kinds of this document come by themselves.
    if (schema === undefined) return;
    this.definitions.set(definition, {});
    this.definitions.set(definition, { ...publishInline(schema, this.targets.native), ...this.kindsOf(definition) });
  }

  private kindsOf(definition: string): OpenApiSchema {
    if (definition === scaleDefinition) return { [kindExtension]: [scaleKind] };
    if (definition === metaDefinition('Status')) return { [kindExtension]: [{ group: '', version: 'v1', kind: 'Status' }] };
    if (definition !== metaDefinition('DeleteOptions')) return {};
    const kinds = this.groups.flatMap(({ group, versions }) =>
      versions.map(({ version }) => ({ group, version, kind: 'DeleteOptions' })),
    );
    return { [kindExtension]: kinds };
  }
}

function kindIndex(groups: readonly DiscoveredGroup[]): Map<string, string> {
  const index = new Map<string, string>();
  for (const { group, versions } of groups) {
    for (const { version, resources } of versions) {
      for (const { declaration, resource } of resources) {
        const kind = { group, version, kind: declaration.names.kind };
        index.set(keyOf(kind), definitionName(kind, isNative(resource)));
      }
    }
  }
  return index;
}

function keyOf({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}/${kind}`;
}
