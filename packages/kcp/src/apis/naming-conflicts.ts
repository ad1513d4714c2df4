import type { ResourceNames } from '@canopy/apimachinery';

/** A resource that is served already, and how messages name who brought it. */
export interface NameHolder {
  group: string;
  names: Pick<ResourceNames, 'plural' | 'singular' | 'kind' | 'listKind' | 'shortNames'>;
  /** `APIBinding "b" bound to APIExport "root:a:x"` or `CustomResourceDefinition "c"`. */
  holder: string;
}

export interface WantedNames {
  group: string;
  names: { plural: string; singular?: string; kind: string; listKind?: string; shortNames?: readonly string[] };
}

/**
 * The first conflict of names within an API group, worded as users see it. Plural, singular and short names share one
 * name space, kind and list kind another.
 */
export function findNamingConflict(wanted: WantedNames, holders: readonly NameHolder[]): string | undefined {
  const { names } = wanted;
  for (const held of holders) {
    if (held.group !== wanted.group) continue;
    const resources = new Set([held.names.plural, held.names.singular, ...held.names.shortNames]);
    const kinds = new Set([held.names.kind, held.names.listKind]);
    const checks: [string, string | undefined, Set<string>][] = [
      ['spec.names.plural', names.plural, resources],
      ['spec.names.singular', names.singular, resources],
      ...(names.shortNames ?? []).map((name, i): [string, string, Set<string>] => [
        `spec.names.shortNames[${i}]`,
        name,
        resources,
      ]),
      ['spec.names.kind', names.kind, kinds],
      ['spec.names.listKind', names.listKind, kinds],
    ];
    for (const [field, value, taken] of checks) {
      if (value !== undefined && value !== '' && taken.has(value)) {
        return `naming conflict with ${held.holder}: ${field}=${value} is forbidden`;
      }
    }
  }
  return undefined;
}
