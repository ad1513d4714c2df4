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

interface Crd {
  apiVersion?: string;
  kind?: string;
  metadata?: { annotations?: Record<string, string> };
  spec?: CrdSpec;
}

interface CrdSpec {
  group: string;
  names: { plural: string; singular?: string; kind: string; listKind?: string; [field: string]: unknown };
  scope: string;
  versions: CrdVersion[];
  conversion?: { strategy?: string; webhook?: { clientConfig?: { service?: object } } };
  preserveUnknownFields?: boolean;
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
    const schema = schemaOf(document as Crd, prefix);
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

/** Annotation without which nobody may publish an API of a Kubernetes group (https://github.com/kubernetes/enhancements/pull/1111). */
const approvedAnnotation = 'api-approved.kubernetes.io';

/**
 * The APIResourceSchema of a CRD: the same names, versions and schemas under a name with a prefix.
 *
 * @throws CliError when it is no CRD of apiextensions.k8s.io/v1, or uses what an APIResourceSchema cannot express
 */
export function schemaOf(crd: Crd, prefix: string): Record<string, unknown> {
  const { group, names, scope, versions, conversion } = specOf(crd);
  const approved = crd.metadata?.annotations?.[approvedAnnotation];
  return {
    apiVersion: 'apis.kcp.io/v1alpha1',
    kind: 'APIResourceSchema',
    metadata: {
      name: `${prefix}.${names.plural}.${group === '' ? 'core' : group}`,
      ...(approved === undefined ? {} : { annotations: { [approvedAnnotation]: approved } }),
    },
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

function specOf(crd: Crd): CrdSpec {
  const { kind, apiVersion, spec } = crd;
  if (kind !== 'CustomResourceDefinition' || apiVersion !== 'apiextensions.k8s.io/v1') {
    throw new CliError(`unexpected type for CRD ${apiVersion ?? ''}${apiVersion && kind ? ', ' : ''}${kind ?? ''}`);
  }
  if (!spec?.names?.plural || !spec.names.kind || !Array.isArray(spec.versions)) {
    throw new CliError('the CRD has no spec.names.plural, spec.names.kind or spec.versions');
  }
  if (spec.preserveUnknownFields === true) {
    throw new CliError(`CRD of ${spec.names.plural}: preserveUnknownFields is not supported by APIResourceSchemas`);
  }
  if (spec.conversion?.webhook?.clientConfig?.service !== undefined) {
    throw new CliError(`CRD of ${spec.names.plural}: a conversion webhook must be named by URL, not by service`);
  }
  return { ...spec, group: spec.group ?? '' };
}
