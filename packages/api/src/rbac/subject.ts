import { message, wire } from '../schema-dsl/composites.ts';
import { string } from '../schema-dsl/scalars.ts';
import type { Infer } from '../schema-dsl/typed-schema.ts';

/** rbac/v1.Subject. */
export const subjectSchema = message(
  'io.k8s.api.rbac.v1.Subject',
  'A user, a group or a service account that permissions are granted to.',
  {
    kind: wire(1, string('User, Group or ServiceAccount.')),
    apiGroup: wire(
      2,
      string('API group of the kind: "" for service accounts, else rbac.authorization.k8s.io. Filled in if left out.'),
    ),
    name: wire(3, string('Name of the user, group or service account.')),
    namespace: wire(4, string('Namespace of the service account. Not allowed for users and groups.')),
  },
  { required: ['kind', 'name'], 'x-kubernetes-map-type': 'atomic' },
);

/** rbac/v1.RoleRef. */
export const roleRefSchema = message(
  'io.k8s.api.rbac.v1.RoleRef',
  'The role that is granted. Cannot be changed after creation.',
  {
    apiGroup: wire(1, string('Always rbac.authorization.k8s.io. Filled in if left out.')),
    kind: wire(2, string('Role or ClusterRole.')),
    name: wire(3, string('Name of the role.')),
  },
  { required: ['kind', 'name'], 'x-kubernetes-map-type': 'atomic' },
);

export type Subject = Infer<typeof subjectSchema>;
export type RoleRef = Infer<typeof roleRefSchema>;
