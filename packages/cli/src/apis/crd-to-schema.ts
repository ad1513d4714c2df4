import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseYamlDocuments, stringifyYaml } from '@canopy/apimachinery';
import { CliError, type CliIo } from '../session/cli-io.ts';

export interface SnapshotOptions {
  filename?: string;
  prefix?: string;
  output: string;
}

interface CrdVersion {
  name: string;
  served?: boolean;
  storage?: boolean;
  schema?: { openAPIV3Schema?: unknown };
  [field: string]: unknown;
}

interface CrdSpec {
  group: string;
  names: { plural: string; singular?: string; kind: string; listKind?: string; [field: string]: unknown };
  scope: string;
  versions: CrdVersion[];
  conversion?: { strategy?: string; webhook?: object };
}

/** `kubectl kcp crd snapshot`: each CRD of a file as an APIResourceSchema. Needs no server. */
export async function snapshotCrds(io: CliIo, options: SnapshotOptions): Promise<void> {
  const { filename, prefix, output } = options;
  if (!filename) throw new CliError('--filename is required');
  if (!prefix) throw new CliError('--prefix is required');
  if (output !== 'json' && output !== 'yaml')
    throw new CliError(`invalid value ${JSON.stringify(output)} for --output; valid values are json, yaml`);
  const text = filename === '-' ? await io.readInput() : await readText(path.resolve(io.cwd, filename));
  for (const document of await parseYamlDocuments(text)) {
    if (document === null || document === undefined) continue;
    const schema = schemaOf(document as { kind?: string; spec?: CrdSpec }, prefix);
    const body = output === 'json' ? JSON.stringify(schema, null, 2) : (await stringifyYaml(schema as never)).trimEnd();
    io.out(`${body}\n---\n`);
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CliError((error as Error).message);
  }
}

/** The APIResourceSchema of a CRD: the same names, versions and schemas under a name with a prefix. */
export function schemaOf(crd: { kind?: string; spec?: CrdSpec }, prefix: string): Record<string, unknown> {
  if (crd.kind !== 'CustomResourceDefinition' || crd.spec === undefined)
    throw new CliError(`unexpected type for CRD ${crd.kind ?? 'without a kind'}`);
  const { group, names, scope, versions, conversion } = crd.spec;
  return {
    apiVersion: 'apis.kcp.io/v1alpha1',
    kind: 'APIResourceSchema',
    metadata: { name: `${prefix}.${names.plural}.${group === '' ? 'core' : group}` },
    spec: {
      group,
      names: {
        ...names,
        singular: names.singular ?? names.kind.toLowerCase(),
        listKind: names.listKind ?? `${names.kind}List`,
      },
      scope,
      versions: versions.map(({ schema, ...version }) => ({ ...version, schema: schema?.openAPIV3Schema ?? {} })),
      ...(versions.length > 1 || conversion?.strategy === 'Webhook'
        ? { conversion: conversion ?? { strategy: 'None' } }
        : {}),
    },
  };
}
