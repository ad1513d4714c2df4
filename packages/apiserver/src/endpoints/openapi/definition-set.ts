import type { Schema } from '@canopy/apimachinery';
import type { DiscoveredGroup, DiscoveredResource } from '../discovery/discovered-resource.ts';
import { definitionName, type GroupVersionKind, isNative, metaDefinition, scaleKind } from './definition-names.ts';
import { scaleDefinition, sharedSchemas } from './meta-schemas.ts';
import { type OpenApiSchema, type PublishTarget, publishInline, publishKind, publishList } from './publish-schema.ts';
import { anyObject, type KindDefinitions } from './resource-paths.ts';

const kindExtension = 'x-kubernetes-group-version-kind';

/** Finds the name under which a nested schema is published by itself; undefined for those that are written out in place. */
export type DefinitionNameOf = (schema: Schema) => string | undefined;

export interface DefinitionSetOptions {
  dialect: 'v2' | 'v3';
  groups: readonly DiscoveredGroup[];
  definitionNameOf: DefinitionNameOf;
}

/** Collects the definitions of one document: kinds as they are added, others as they are referred to. */
export class DefinitionSet {
  private readonly definitions = new Map<string, OpenApiSchema>();
  private readonly targets: Readonly<Record<'native' | 'custom', PublishTarget>>;
  /** Definitions of the kinds that the document describes. */
  private readonly kinds: ReadonlyMap<string, string>;
  private readonly groups: readonly DiscoveredGroup[];
  /** Definitions made from a schema that only stands for another, as in recursive types. */
  private readonly hollow = new Set<string>();

  constructor({ dialect, groups, definitionNameOf }: DefinitionSetOptions) {
    const prefix = dialect === 'v2' ? '#/definitions/' : '#/components/schemas/';
    const refer = (definition: string, schema?: Schema): string => {
      this.define(definition, schema);
      return prefix + definition;
    };
    this.targets = {
      native: { dialect, native: true, refer, nameOf: definitionNameOf },
      custom: { dialect, native: false, refer, nameOf: () => undefined },
    };
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

  /** Kinds of the document come by themselves; all others are made from a shared schema or from the one at hand. */
  private define(definition: string, own: Schema | undefined): void {
    const shared = sharedSchemas.get(definition);
    const schema = shared ?? own;
    if (schema === undefined) return;
    const isHollow = schema.properties === undefined && schema['x-kubernetes-preserve-unknown-fields'] === true;
    if (this.definitions.has(definition) && (isHollow || !this.hollow.has(definition))) return;
    if (isHollow) this.hollow.add(definition);
    else this.hollow.delete(definition);
    this.definitions.set(definition, {});
    // What the schema says about the place where it was found belongs there.
    const { description, default: _, nullable: __, ...rest } = schema;
    const published = publishInline(shared === undefined ? rest : { ...rest, description }, this.targets.native);
    this.definitions.set(definition, { ...published, ...this.kindsOf(definition) });
  }

  private kindsOf(definition: string): OpenApiSchema {
    if (definition === scaleDefinition) return { [kindExtension]: [scaleKind] };
    if (definition === metaDefinition('Status'))
      return { [kindExtension]: [{ group: '', version: 'v1', kind: 'Status' }] };
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
