import {
  type FieldError,
  invalid,
  type KubeObject,
  requestEntityTooLarge,
  type Schema,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from '@canopy/apimachinery';
import { groupKindOf, type Registry } from './registry.ts';
import type { ServedResource, ServedVersion } from './served-resource.ts';

export function servedVersion(resource: ServedResource, version: string): ServedVersion {
  const served = resource.versions.get(version);
  if (served === undefined)
    throw new RangeError(`version ${version} of ${resource.declaration.names.plural} is not served`);
  return served;
}

/** Schema by which protobuf bodies are read; only our own kinds have field numbers. */
export function messageOf(resource: ServedResource, version: string): Schema | undefined {
  const { kind } = resource.origin;
  return kind === 'builtin' ? servedVersion(resource, version).fullSchema : undefined;
}

function throwInvalid(resource: ServedResource, object: KubeObject, errors: readonly FieldError[]): void {
  if (errors.length > 0)
    throw invalid(groupKindOf(resource), object.metadata.name ?? object.metadata.generateName ?? '', errors);
}

/** Schema and metadata rules of a new object, in the version it was sent in. */
export function checkNewObject(resource: ServedResource, version: string, object: KubeObject): void {
  const { declaration } = resource;
  throwInvalid(resource, object, [
    ...validateObjectMeta(object.metadata, {
      namespaced: declaration.scope === 'Namespaced',
      nameValidation: declaration.nameValidation ?? 'DNS1123Subdomain',
    }),
    ...servedVersion(resource, version).compiled.validate(object),
  ]);
}

/** Schema and metadata rules of a changed object. `old` is in the same version. */
export function checkChangedObject(
  resource: ServedResource,
  version: string,
  object: KubeObject,
  old: KubeObject,
): void {
  throwInvalid(resource, object, [
    ...validateObjectMetaUpdate(object.metadata, old.metadata),
    ...servedVersion(resource, version).compiled.validate(object),
  ]);
}

export function checkStrategy(
  resource: ServedResource,
  object: KubeObject,
  errors: readonly FieldError[] | undefined,
): void {
  if (errors !== undefined) throwInvalid(resource, object, errors);
}

export function checkSize(registry: Registry, bytes: Uint8Array): void {
  if (bytes.byteLength > registry.maxObjectBytes) {
    throw requestEntityTooLarge(
      `Request entity too large: the object is ${bytes.byteLength} bytes, limit is ${registry.maxObjectBytes}`,
    );
  }
}

/** Top-level fields that are neither identity, metadata nor status: what `metadata.generation` counts changes of. */
export function desiredStateOf(object: KubeObject, hasStatus: boolean): Record<string, unknown> {
  const { apiVersion: _a, kind: _k, metadata: _m, status, ...rest } = object;
  return hasStatus ? rest : status === undefined ? rest : { ...rest, status };
}
