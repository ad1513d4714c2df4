import type { Schema } from '../schema/schema.ts';

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

export const allVerbs: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

/** A column of `kubectl get`. `jsonPath` is the CRD dialect (`.spec.replicas`, `.status.conditions[?(@.type=="Ready")].status`). */
export interface PrinterColumn {
  name: string;
  type: 'integer' | 'number' | 'string' | 'boolean' | 'date';
  jsonPath: string;
  format?: string;
  description?: string;
  /** 0 is always shown; greater only with `-o wide`. */
  priority?: number;
}

export interface ScaleSubresource {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
}

/** One served version of a resource. */
export interface VersionDeclaration {
  name: string;
  served: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  /** Schema of the whole object. `apiVersion`, `kind` and `metadata` may be left out: they are the same everywhere. */
  schema: Schema;
  printerColumns: readonly PrinterColumn[];
  subresources: { status?: boolean; scale?: ScaleSubresource };
  /** Field paths (`.spec.foo`) usable in field selectors besides metadata.name and metadata.namespace. */
  selectableFields?: readonly string[];
}

/** The names under which a resource appears in discovery and errors. */
export interface ResourceNames {
  plural: string;
  singular: string;
  kind: string;
  listKind: string;
  shortNames: readonly string[];
  categories: readonly string[];
}

/**
 * One API resource: everything that discovery, OpenAPI, validation, printing and codecs need to know of a kind. A
 * built-in kind is one value of this type; a CRD or an APIResourceSchema becomes one at run time.
 */
export interface ResourceDeclaration {
  group: string;
  names: ResourceNames;
  scope: 'Cluster' | 'Namespaced';
  /** In the order in which discovery lists them, preferred first. */
  versions: readonly VersionDeclaration[];
  storageVersion: string;
  /** Verbs of the main resource; all eight unless said otherwise. */
  verbs?: readonly Verb[];
  /** What `metadata.name` may be. Default `DNS1123Subdomain`. */
  nameValidation?: 'DNS1123Subdomain' | 'DNS1123Label' | 'PathSegmentName';
  /** Never persisted: a POST is answered by a function (the review kinds). */
  virtual?: boolean;
}
