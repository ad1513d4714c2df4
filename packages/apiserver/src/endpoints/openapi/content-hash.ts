import { createHash } from 'node:crypto';
import type { ServedVersion } from '../../registry/served-resource.ts';
import type { DiscoveredGroup, DiscoveredResource } from '../discovery/discovered-resource.ts';
import { isNative } from './definition-names.ts';
import type { DocumentInfo } from './document-v2.ts';

/** Goes up when the same declarations make other documents than before. */
const formatVersion = 1;

const versionDigests = new WeakMap<ServedVersion, string>();

/**
 * Hash of all that goes into the document of a group version, so that it is known without making the document. Hex,
 * upper case. Served versions are shared by the surfaces that have them, so their schemas are hashed once.
 */
export function groupVersionHash(group: DiscoveredGroup, info: DocumentInfo): string {
  const hash = createHash('sha256').update(JSON.stringify([formatVersion, info, group.group]));
  for (const { version, resources } of group.versions) {
    hash.update(JSON.stringify(version));
    for (const resource of resources) hash.update(resourceText(resource)).update(versionDigest(resource.served));
  }
  return hash.digest('hex').toUpperCase();
}

function resourceText({ declaration, resource, verbs, subresources }: DiscoveredResource): string {
  const { plural, kind, listKind } = declaration.names;
  return JSON.stringify([plural, kind, listKind, declaration.scope, isNative(resource), verbs, subresources]);
}

function versionDigest(served: ServedVersion): string {
  let digest = versionDigests.get(served);
  if (digest === undefined) {
    const text = JSON.stringify([served.fullSchema, served.declaration.selectableFields ?? []]);
    digest = createHash('sha256').update(text).digest('hex');
    versionDigests.set(served, digest);
  }
  return digest;
}
