import { atomicList, list, message, wire } from '../schema-dsl/composites.ts';
import { boolean, string } from '../schema-dsl/scalars.ts';
import { addWireFacts } from '../schema-dsl/wire-facts.ts';

const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const verbs = list('Verbs of the resource.', string('A verb.'));
addWireFacts(verbs, { message: `${metaV1}.Verbs` });

const apiResourceSchema = message(
  `${metaV1}.APIResource`,
  'One resource of a version.',
  {
    name: wire(1, string('Name of the resource, in the plural.')),
    namespaced: wire(2, boolean('Whether objects are in a namespace.')),
    kind: wire(3, string('Kind of one object.')),
    verbs: wire(4, verbs),
    shortNames: wire(5, atomicList('Short names for the command line.', string('A short name.'))),
    singularName: wire(6, string('Name for one object on the command line.')),
    categories: wire(7, atomicList('Groups of resources that this one belongs to.', string('A category.'))),
    group: wire(8, string('API group of the kind, if it is another than that of the resource.')),
    version: wire(9, string('API version of the kind, if it is another than that of the resource.')),
    storageVersionHash: wire(10, string('Changes when the version changes in which objects are stored.')),
  },
  { required: ['name', 'singularName', 'namespaced', 'kind', 'verbs'] },
);

/** metav1.APIResourceList, the answer to `/apis/<group>/<version>`. */
export const apiResourceListSchema = message(
  `${metaV1}.APIResourceList`,
  'The resources of one version of a group.',
  {
    groupVersion: wire(1, string('The group and version.')),
    resources: wire(2, atomicList('The resources.', apiResourceSchema)),
  },
  { required: ['groupVersion', 'resources'] },
);

const groupVersionSchema = message(
  `${metaV1}.GroupVersionForDiscovery`,
  'A version of a group.',
  {
    groupVersion: wire(1, string('The group and version.')),
    version: wire(2, string('The version alone.')),
  },
  { required: ['groupVersion', 'version'] },
);

const serverAddresses = atomicList(
  'Addresses of the server, by network of the client.',
  message(
    `${metaV1}.ServerAddressByClientCIDR`,
    'The address for some clients.',
    {
      clientCIDR: wire(1, string('Network of the clients.')),
      serverAddress: wire(2, string('Address of the server, as host and port.')),
    },
    { required: ['clientCIDR', 'serverAddress'] },
  ),
);

/** metav1.APIGroup. */
export const apiGroupSchema = message(
  `${metaV1}.APIGroup`,
  'An API group.',
  {
    name: wire(1, string('Name of the group.')),
    versions: wire(2, atomicList('Its versions.', groupVersionSchema)),
    preferredVersion: wire(3, groupVersionSchema),
    serverAddressByClientCIDRs: wire(4, serverAddresses),
  },
  { required: ['name', 'versions'] },
);

/** metav1.APIGroupList, the answer to `/apis`. */
export const apiGroupListSchema = message(
  `${metaV1}.APIGroupList`,
  'The API groups of the server.',
  { groups: wire(1, atomicList('The groups.', apiGroupSchema)) },
  { required: ['groups'] },
);

/** metav1.APIVersions, the answer to `/api`. */
export const apiVersionsSchema = message(
  `${metaV1}.APIVersions`,
  'The versions of the core group.',
  {
    versions: wire(1, atomicList('The versions.', string('A version.'))),
    serverAddressByClientCIDRs: wire(2, serverAddresses),
  },
  { required: ['versions', 'serverAddressByClientCIDRs'] },
);
