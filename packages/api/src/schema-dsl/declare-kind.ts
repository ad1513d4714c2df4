import type { PrinterColumn, ResourceDeclaration, Schema, VersionDeclaration } from '@canopy/apimachinery';

export interface KindOptions {
  group: string;
  kind: string;
  plural: string;
  scope: ResourceDeclaration['scope'];
  versions: readonly VersionOptions[];
  /** Default: the first version. */
  storageVersion?: string;
  shortNames?: readonly string[];
  categories?: readonly string[];
  nameValidation?: ResourceDeclaration['nameValidation'];
}

export interface VersionOptions {
  name: string;
  schema: Schema;
  columns?: readonly PrinterColumn[];
  /** The version has a `status` subresource. */
  status?: boolean;
  selectableFields?: readonly string[];
}

/** The declaration of a persisted kind. Singular and list kind follow from the kind, as everywhere in Kubernetes. */
export function declareKind(options: KindOptions): ResourceDeclaration {
  const declaration: ResourceDeclaration = {
    group: options.group,
    names: {
      plural: options.plural,
      singular: options.kind.toLowerCase(),
      kind: options.kind,
      listKind: `${options.kind}List`,
      shortNames: options.shortNames ?? [],
      categories: options.categories ?? [],
    },
    scope: options.scope,
    versions: options.versions.map(versionOf),
    storageVersion: options.storageVersion ?? options.versions[0]!.name,
  };
  if (options.nameValidation !== undefined) declaration.nameValidation = options.nameValidation;
  return declaration;
}

function versionOf(options: VersionOptions): VersionDeclaration {
  const version: VersionDeclaration = {
    name: options.name,
    served: true,
    schema: options.schema,
    printerColumns: options.columns ?? [],
    subresources: options.status === true ? { status: true } : {},
  };
  if (options.selectableFields !== undefined) version.selectableFields = options.selectableFields;
  return version;
}

/** The declaration of a kind that is only ever created, and answered by a function. */
export function declareReview(options: KindOptions): ResourceDeclaration {
  return { ...declareKind(options), verbs: ['create'], virtual: true };
}
