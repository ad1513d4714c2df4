import type { PrinterColumn, ResourceDeclaration, Schema } from '@canopy/apimachinery';
import { compileJsonPathAll, validateStructural } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { tableCells } from './cells-by-kind.ts';
import {
  builtinDeclarations,
  kcpSystemDeclarations,
  shardDeclarations,
  tenancyDeclarations,
  topologyDeclarations,
} from './declarations.ts';
import { objectMetaMessageSchema } from './meta/object-meta.ts';
import { subresources } from './subresources.ts';
import { tableKey } from './tables/table-cells.ts';

const kcpDeclarations = [
  ...kcpSystemDeclarations,
  ...tenancyDeclarations,
  ...topologyDeclarations,
  ...shardDeclarations,
];
const all = [...builtinDeclarations, ...kcpDeclarations];

interface Case {
  id: string;
  declaration: ResourceDeclaration;
  schema: Schema;
  columns: readonly PrinterColumn[];
  selectableFields: readonly string[];
}

const cases: Case[] = all.flatMap((declaration) =>
  declaration.versions.map(({ name, schema, printerColumns, selectableFields }) => ({
    id: `${declaration.names.kind}.${name}.${declaration.group}`,
    declaration,
    schema,
    columns: printerColumns,
    selectableFields: selectableFields ?? [],
  })),
);

/** An object that has something in every field, so that a path that finds nothing is a path to nowhere. */
function fullObject(schema: Schema): unknown {
  if (schema.enum !== undefined) return schema.enum.at(-1);
  if (schema.items !== undefined) return [fullObject(schema.items)];
  if (typeof schema.additionalProperties === 'object') return { region: fullObject(schema.additionalProperties) };
  if (schema.properties !== undefined) {
    return Object.fromEntries(Object.entries(schema.properties).map(([name, field]) => [name, fullObject(field)]));
  }
  return schema.type === 'boolean' ? true : schema.type === 'integer' || schema.type === 'number' ? 1 : 'text';
}

/** Filters on condition types match only what has such a condition. */
function findsSomething(schema: Schema, path: string): boolean {
  const object = {
    ...(fullObject(schema) as Record<string, unknown>),
    metadata: fullObject(objectMetaMessageSchema),
  };
  const filtered = /@\.type=="(\w+)"/.exec(path)?.[1];
  const text =
    filtered === undefined
      ? object
      : JSON.parse(JSON.stringify(object).replaceAll('"type":"text"', `"type":"${filtered}"`));
  return compileJsonPathAll(path)(text).length > 0;
}

/**
 * Built-in kinds differ from custom resources in two ways: they have keywords for strategic merge patch, and the secrets
 * of a ServiceAccount are told apart by a name that may be missing.
 */
function isAllowedInBuiltins(field: string): boolean {
  return field.includes('x-kubernetes-patch-') || field === 'properties[secrets].items.properties[name].default';
}

describe('declarations', () => {
  it('names every resource once', () => {
    const names = all.map(({ group, names: { plural } }) => `${plural}.${group}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(cases)('have a structural schema for $id', ({ declaration, schema }) => {
    const errors = validateStructural(schema).map(({ field, message }) => `${field}: ${message}`);
    const native = builtinDeclarations.includes(declaration);
    expect(errors.filter((error) => !native || !isAllowedInBuiltins(error.slice(0, error.indexOf(':'))))).toEqual([]);
  });

  it.each(cases)('describe every field of $id', ({ schema }) => {
    expect(undescribed(schema, '')).toEqual([]);
  });

  it.each(cases)('have only columns of $id that can be filled', ({ declaration, schema, columns }) => {
    const cells = tableCells.get(tableKey(declaration.group, declaration.names.kind));
    if (cells !== undefined) {
      const object = {
        ...(fullObject(schema) as object),
        apiVersion: 'v1',
        kind: 'Any',
        metadata: { name: 'full' },
      };
      expect(cells(object, 0)).toHaveLength(columns.length);
      expect(columns.map(({ jsonPath }) => jsonPath)).toEqual(columns.map(() => ''));
      return;
    }
    expect(columns.filter(({ jsonPath }) => !findsSomething(schema, jsonPath))).toEqual([]);
  });

  it.each(cases)('have only selectable fields of $id that exist', ({ schema, selectableFields }) => {
    expect(selectableFields.filter((path) => !findsSomething(schema, path))).toEqual([]);
  });

  it.each(all)('store $names.plural of "$group" in a version that is declared', ({ versions, storageVersion }) => {
    expect(versions.map(({ name }) => name)).toContain(storageVersion);
  });

  it('put all kinds of kcp into one category', () => {
    expect(kcpDeclarations.filter(({ names }) => !names.categories.includes('kcp'))).toEqual([]);
  });

  it('compute cells for declared kinds only', () => {
    const kinds = new Set(all.map(({ group, names }) => tableKey(group, names.kind)));
    expect([...tableCells.keys()].filter((key) => !kinds.has(key))).toEqual([]);
  });

  it('add subresources to declared resources only', () => {
    const resources = new Set(all.map(({ group, names }) => `${group}/${names.plural}`));
    expect([...subresources.keys()].filter((key) => !resources.has(key))).toEqual([]);
  });
});

/** Paths of fields without a description; metadata is described elsewhere. */
function undescribed(schema: Schema, path: string): string[] {
  const own = schema.description === undefined || schema.description === '' ? [path] : [];
  const found = path === '.metadata' ? [] : own;
  for (const [name, field] of Object.entries(schema.properties ?? {}))
    found.push(...undescribed(field, `${path}.${name}`));
  if (schema.items !== undefined) found.push(...undescribed(schema.items, `${path}[]`));
  const { additionalProperties } = schema;
  if (typeof additionalProperties === 'object') found.push(...undescribed(additionalProperties, `${path}{}`));
  return found;
}
