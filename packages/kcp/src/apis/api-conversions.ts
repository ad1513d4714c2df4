import type { KubeObject } from '@canopy/apimachinery';

/**
 * apis.kcp.io v1alpha1 ↔ v1alpha2 of APIExport and APIBinding. What one version cannot say is kept in annotations of the
 * other, so that a round trip loses nothing.
 */
const prefix = 'apis.v1alpha2.kcp.io/';

interface Claim {
  group?: string;
  resource: string;
  identityHash?: string;
  verbs?: string[];
  selector?: object;
  defaultSelector?: object;
  all?: boolean;
  resourceSelector?: object[];
  state?: string;
}

function annotate(object: KubeObject, key: string, value: unknown): void {
  object.metadata.annotations = { ...object.metadata.annotations, [prefix + key]: JSON.stringify(value) };
}

function takeAnnotation<T>(object: KubeObject, key: string): T | undefined {
  const text = object.metadata.annotations?.[prefix + key];
  if (text === undefined) return undefined;
  const { [prefix + key]: _, ...rest } = object.metadata.annotations ?? {};
  if (Object.keys(rest).length === 0) delete object.metadata.annotations;
  else object.metadata.annotations = rest;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

const claimKey = (claim: Claim): string => `${claim.group ?? ''}/${claim.resource}/${claim.identityHash ?? ''}`;

/** v1alpha1 claims know no verbs and selectors; the full form goes along in an annotation when it says more. */
function claimsToV1(
  object: KubeObject,
  claims: Claim[] | undefined,
  keys: { shadow: string; selectors: string },
): Claim[] | undefined {
  if (claims === undefined) return undefined;
  const selectors = takeAnnotation<Record<string, object[]>>(object, keys.selectors) ?? {};
  const rich = claims.some((claim) => claim.verbs?.length !== 1 || claim.verbs[0] !== '*' || !matchesAll(claim));
  if (rich) annotate(object, keys.shadow, claims);
  return claims.map((claim) => {
    const { verbs: _v, selector: _s, defaultSelector: _d, ...rest } = claim;
    const resourceSelector = selectors[claimKey(claim)];
    return resourceSelector === undefined ? { ...rest, all: true } : { ...rest, resourceSelector };
  });
}

function matchesAll(claim: Claim): boolean {
  const selector = (claim.selector ?? { matchAll: true }) as { matchAll?: boolean };
  return selector.matchAll === true && claim.defaultSelector === undefined;
}

function claimsToV2(
  object: KubeObject,
  claims: Claim[] | undefined,
  keys: { shadow: string; selectors: string },
  withSelector: boolean,
): Claim[] | undefined {
  const shadow = new Map((takeAnnotation<Claim[]>(object, keys.shadow) ?? []).map((claim) => [claimKey(claim), claim]));
  if (claims === undefined) return undefined;
  const selectors: Record<string, object[]> = {};
  const converted = claims.map((claim) => {
    const { all: _a, resourceSelector, ...rest } = claim;
    if (resourceSelector !== undefined && resourceSelector.length > 0) selectors[claimKey(claim)] = resourceSelector;
    const known = shadow.get(claimKey(claim));
    return {
      ...rest,
      verbs: known?.verbs ?? ['*'],
      ...(withSelector ? { selector: known?.selector ?? { matchAll: true } } : {}),
      ...(known?.defaultSelector === undefined ? {} : { defaultSelector: known.defaultSelector }),
    };
  });
  if (Object.keys(selectors).length > 0) annotate(object, keys.selectors, selectors);
  return converted;
}

function setOrDelete(target: Record<string, unknown>, field: string, value: unknown): void {
  if (value === undefined) delete target[field];
  else target[field] = value;
}

const exportClaimKeys = { shadow: 'permission-claims', selectors: 'v1alpha1-permission-claims' };

interface Resource {
  name: string;
  group: string;
  schema: string;
  storage?: { crd?: object; virtual?: object };
}

export function convertApiExport(object: KubeObject, toVersion: string): KubeObject {
  const to = `apis.kcp.io/${toVersion}`;
  if (object.apiVersion === to) return object;
  object.apiVersion = to;
  object.spec ??= {};
  const spec = object.spec as Record<string, unknown>;
  if (toVersion === 'v1alpha1') {
    const resources = (spec.resources ?? []) as Resource[];
    delete spec.resources;
    const plain = resources.filter(({ storage }) => storage?.virtual === undefined);
    if (plain.length > 0) spec.latestResourceSchemas = plain.map(({ schema }) => schema);
    if (plain.length < resources.length)
      annotate(
        object,
        'resource-schemas',
        resources.filter((resource) => !plain.includes(resource)),
      );
    setOrDelete(
      spec,
      'permissionClaims',
      claimsToV1(object, spec.permissionClaims as Claim[] | undefined, exportClaimKeys),
    );
    return object;
  }
  const names = (spec.latestResourceSchemas ?? []) as string[];
  delete spec.latestResourceSchemas;
  const shadow = takeAnnotation<Resource[]>(object, 'resource-schemas') ?? [];
  const resources = [...names.map(resourceOfSchema), ...shadow];
  if (resources.length > 0) spec.resources = resources;
  setOrDelete(
    spec,
    'permissionClaims',
    claimsToV2(object, spec.permissionClaims as Claim[] | undefined, exportClaimKeys, false),
  );
  return object;
}

/** `<prefix>.<resource>.<group>`; the group `core` is the empty one. */
function resourceOfSchema(schema: string): Resource {
  const [, name = '', ...group] = schema.split('.');
  const text = group.join('.');
  return { name, group: text === 'core' ? '' : text, schema, storage: { crd: {} } };
}

const bindingClaimFields = [
  {
    at: 'spec',
    field: 'permissionClaims',
    shadow: 'acceptable-permission-claims',
    selectors: 'v1alpha1-permission-claims',
    selector: true,
  },
  {
    at: 'status',
    field: 'exportPermissionClaims',
    shadow: 'status-export-permission-claims',
    selectors: 'v1alpha1-status-export-permission-claims',
    selector: false,
  },
  {
    at: 'status',
    field: 'appliedPermissionClaims',
    shadow: 'status-applied-permission-claims',
    selectors: 'v1alpha1-status-applied-permission-claims',
    selector: true,
  },
] as const;

export function convertApiBinding(object: KubeObject, toVersion: string): KubeObject {
  const to = `apis.kcp.io/${toVersion}`;
  if (object.apiVersion === to) return object;
  object.apiVersion = to;
  for (const { at, field, selector, ...keys } of bindingClaimFields) {
    const part = object[at] as Record<string, unknown> | undefined;
    if (part === undefined) continue;
    const claims = part[field] as Claim[] | undefined;
    const converted =
      toVersion === 'v1alpha1' ? claimsToV1(object, claims, keys) : claimsToV2(object, claims, keys, selector);
    setOrDelete(part, field, converted);
  }
  return object;
}
