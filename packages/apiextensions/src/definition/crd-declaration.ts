import { createHash } from 'node:crypto';
import type {
  PrinterColumn,
  ResourceDeclaration,
  ResourceNames,
  Schema,
  VersionDeclaration,
} from '@canopy/apimachinery';
import { GenerationCache } from '@canopy/storage';
import { type CrdNames, type CrdObject, type CrdSpec, type CrdVersion, storageVersionOf } from './crd-object.ts';
import { compareVersionPriority } from './version-priority.ts';

/** Columns of a version that declares none. */
const ageColumn: PrinterColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'How long ago the object was created.',
};

const openSchema: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** Declarations that stay in memory although nothing asks for them. */
const maxCachedDeclarations = 4096;

const cache = new GenerationCache<string, ResourceDeclaration>(maxCachedDeclarations);

/**
 * What a definition declares. Equal for equal content: definitions with the same spec and accepted names, in however many
 * logical clusters, share one value and with it the compiled schemas.
 */
export function crdDeclaration(crd: CrdObject): ResourceDeclaration {
  const names = servedNames(crd);
  const key = contentKey(crd.spec, names);
  let declaration = cache.get(key);
  if (declaration === undefined) {
    declaration = declarationOf(crd.spec, names);
    cache.set(key, declaration);
  }
  return declaration;
}

function contentKey({ group, scope, versions }: CrdSpec, names: CrdNames): string {
  return createHash('sha256')
    .update(JSON.stringify([group, scope, names, versions]))
    .digest('base64url');
}

/** Names that were accepted; those of the spec as long as none have been. */
function servedNames(crd: CrdObject): CrdNames {
  const accepted = crd.status?.acceptedNames;
  return accepted?.plural && accepted.kind ? accepted : crd.spec.names;
}

function declarationOf(spec: CrdSpec, names: CrdNames): ResourceDeclaration {
  const versions = spec.versions.map(versionDeclaration).sort((a, b) => compareVersionPriority(a.name, b.name));
  return {
    group: spec.group,
    names: resourceNames(names),
    scope: spec.scope === 'Cluster' ? 'Cluster' : 'Namespaced',
    versions,
    storageVersion: storageVersionOf(spec) ?? versions[0]!.name,
  };
}

function resourceNames(names: CrdNames): ResourceNames {
  return {
    plural: names.plural,
    singular: names.singular || names.kind.toLowerCase(),
    kind: names.kind,
    listKind: names.listKind || `${names.kind}List`,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
  };
}

function versionDeclaration(version: CrdVersion): VersionDeclaration {
  const { status, scale } = version.subresources ?? {};
  const columns = version.additionalPrinterColumns ?? [];
  const declaration: VersionDeclaration = {
    name: version.name,
    served: version.served,
    schema: version.schema?.openAPIV3Schema ?? openSchema,
    printerColumns: columns.length === 0 ? [ageColumn] : columns,
    subresources: {
      ...(status === undefined || status === null ? {} : { status: true }),
      ...(scale === undefined || scale === null ? {} : { scale }),
    },
  };
  if (version.deprecated === true) declaration.deprecated = true;
  if (version.deprecationWarning) declaration.deprecationWarning = version.deprecationWarning;
  const fields = version.selectableFields ?? [];
  if (fields.length > 0) declaration.selectableFields = fields.map((field) => field.jsonPath);
  return declaration;
}
