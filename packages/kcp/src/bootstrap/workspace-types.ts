import type { KubeObject } from '@canopy/apimachinery';

const universal = { name: 'universal', path: 'root' };
const organization = { name: 'organization', path: 'root' };

function type(name: string, spec: Record<string, unknown>): KubeObject {
  return {
    apiVersion: 'tenancy.kcp.io/v1alpha1',
    kind: 'WorkspaceType',
    metadata: { name, annotations: { 'kcp.io/path': 'root' } },
    spec,
  };
}

/**
 * The types that every installation has, with kcp's parents and children. Their default content is written with the
 * workspace itself, so none of them needs an initializer.
 */
export const bootstrapWorkspaceTypes: readonly KubeObject[] = [
  type('universal', {
    defaultAPIBindings: [
      { path: 'root', export: 'tenancy.kcp.io' },
      { path: 'root', export: 'topology.kcp.io' },
    ],
    defaultChildWorkspaceType: universal,
  }),
  type('root', {
    extend: { with: [universal] },
    defaultChildWorkspaceType: organization,
    limitAllowedParents: { none: true },
  }),
  type('organization', {
    extend: { with: [universal] },
    defaultChildWorkspaceType: universal,
    limitAllowedParents: { types: [{ name: 'root', path: 'root' }] },
    limitAllowedChildren: { types: [universal] },
  }),
  type('team', {
    extend: { with: [universal] },
    limitAllowedParents: { types: [organization, { name: 'team', path: 'root' }] },
  }),
  type('home', {
    extend: { with: [universal] },
    defaultChildWorkspaceType: universal,
    limitAllowedParents: { none: true },
  }),
];
