import type { KubeObject, ResourceDeclaration, Schema } from '@canopy/apimachinery';

/** Prefix of the schema names of our own kinds: changes when their schemas change. */
const schemaPrefix = 'v261124';

export function schemaNameOf(declaration: ResourceDeclaration): string {
  return `${schemaPrefix}.${declaration.names.plural}.${declaration.group}`;
}

/** Our own kinds as the APIResourceSchemas that root exports, as kcp's clients expect to find them. */
export function schemaObjectOf(declaration: ResourceDeclaration): KubeObject {
  return {
    apiVersion: 'apis.kcp.io/v1alpha1',
    kind: 'APIResourceSchema',
    metadata: { name: schemaNameOf(declaration) },
    spec: {
      group: declaration.group,
      names: { ...declaration.names },
      scope: declaration.scope,
      versions: declaration.versions.map((version) => ({
        name: version.name,
        served: version.served,
        storage: version.name === declaration.storageVersion,
        schema: publicSchema(version.schema),
        subresources: version.subresources.status === true ? { status: {} } : {},
        ...(version.printerColumns.length > 0 ? { additionalPrinterColumns: version.printerColumns } : {}),
      })),
    },
  };
}

export function exportObjectOf(name: string, declarations: readonly ResourceDeclaration[]): KubeObject {
  return {
    apiVersion: 'apis.kcp.io/v1alpha2',
    kind: 'APIExport',
    metadata: { name, annotations: { 'kcp.io/path': 'root' } },
    spec: {
      resources: declarations.map((declaration) => ({
        name: declaration.names.plural,
        group: declaration.group,
        schema: schemaNameOf(declaration),
        storage: { crd: {} },
      })),
    },
  };
}

/** A schema without what is only for ourselves. */
function publicSchema(schema: Schema): Schema {
  const { wire: _, ...rest } = schema;
  return {
    ...rest,
    ...(rest.properties === undefined ? {} : { properties: mapValues(rest.properties, publicSchema) }),
    ...(rest.items === undefined ? {} : { items: publicSchema(rest.items) }),
    ...(typeof rest.additionalProperties === 'object'
      ? { additionalProperties: publicSchema(rest.additionalProperties) }
      : {}),
  };
}

function mapValues<V>(record: Record<string, V>, map: (value: V) => V): Record<string, V> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
