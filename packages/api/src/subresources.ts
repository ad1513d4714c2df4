import type { Verb } from '@canopy/apimachinery';

/** A subresource besides those that `VersionDeclaration.subresources` stands for (status, scale). */
export interface SubresourceDeclaration {
  /** The part of the URL after the object's name. */
  name: string;
  /** Kind of the body. */
  kind: string;
  /** Group and version of the kind, which may differ from those of the resource. */
  group: string;
  version: string;
  verbs: readonly Verb[];
}

const readAndWrite: readonly Verb[] = ['get', 'patch', 'update'];

/** Further subresources of the built-in resources, by `group/resource`; the core group is empty: `/namespaces`. */
export const subresources: ReadonlyMap<string, readonly SubresourceDeclaration[]> = new Map<
  string,
  readonly SubresourceDeclaration[]
>([
  ['/namespaces', [{ name: 'finalize', kind: 'Namespace', group: '', version: 'v1', verbs: ['update'] }]],
  [
    '/serviceaccounts',
    [{ name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] }],
  ],
  [
    'certificates.k8s.io/certificatesigningrequests',
    [
      {
        name: 'approval',
        kind: 'CertificateSigningRequest',
        group: 'certificates.k8s.io',
        version: 'v1',
        verbs: readAndWrite,
      },
    ],
  ],
]);
