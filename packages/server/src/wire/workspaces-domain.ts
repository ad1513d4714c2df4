import type { ApiDomain, Authorizer } from '@canopy/apiserver';
import type { IdentityResources, WorkspaceSurfaces } from '@canopy/kcp';

/** The API of the workspaces themselves, at `/clusters/<name>` and, for the privileged, `/clusters/*`. */
export function workspacesDomain(
  surfaces: WorkspaceSurfaces,
  identities: IdentityResources,
  authorizer: Authorizer,
): ApiDomain {
  return {
    name: 'workspaces',
    prefix: '',
    surface: (target) => surfaces.surface(target),
    resource(target, info) {
      if (target.kind === 'wildcard' && info.identity !== '')
        return identities.resource(info.group, info.resource, info.identity);
      const surface = surfaces.surface(target);
      return surface instanceof Promise
        ? surface.then((built) => built.find(info.group, info.resource))
        : surface.find(info.group, info.resource);
    },
    authorizer,
    admission: [],
  };
}
