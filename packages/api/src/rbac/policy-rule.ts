import { atomicList, message, wire } from '../schema-dsl/composites.ts';
import { string } from '../schema-dsl/scalars.ts';
import type { Infer } from '../schema-dsl/typed-schema.ts';

/** rbac/v1.PolicyRule. */
export const policyRuleSchema = message(
  'io.k8s.api.rbac.v1.PolicyRule',
  'Permission for some verbs on some resources or URLs.',
  {
    verbs: wire(1, atomicList('Verbs that are allowed. "*" stands for all.', string('A verb.'))),
    apiGroups: wire(
      2,
      atomicList('API groups of the resources. "" is the core group, "*" stands for all.', string('An API group.')),
    ),
    resources: wire(
      3,
      atomicList(
        'Resources that the rule is about, such as secrets or workspaces/status. "*" stands for all.',
        string('A resource.'),
      ),
    ),
    resourceNames: wire(
      4,
      atomicList('Names of the objects that the rule is about. Empty means all.', string('Name of an object.')),
    ),
    nonResourceURLs: wire(
      5,
      atomicList(
        'Paths that are no resources, in cluster roles only. "*" may stand at the end. A rule is either about resources or about paths.',
        string('A path, or its beginning followed by "*".'),
      ),
    ),
  },
  { required: ['verbs'] },
);

export type PolicyRule = Infer<typeof policyRuleSchema>;
