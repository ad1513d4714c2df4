import type { ValidationRule } from '@canopy/apimachinery';
import { list, metadataWith, object } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { string } from '../schema-dsl/scalars.ts';
import type { Infer, ObjectType } from '../schema-dsl/typed-schema.ts';
import { ageColumn } from '../tables/columns.ts';

const oneNeeded: ValidationRule = {
  rule: 'has(self.claim) || has(self.expression)',
  message: 'either claim or expression must be specified',
};
const notBoth: ValidationRule = {
  rule: '!(has(self.claim) && has(self.expression))',
  message: 'claim and expression cannot both be specified',
};
const prefixWithClaim: ValidationRule = {
  rule: '!(has(self.prefix)) || has(self.claim)',
  message: 'prefix can only be specified when claim is specified',
};

const claim = string('Name of a claim of the token.', { minLength: 1 });
const expression = string('CEL expression over claims.', { minLength: 1 });

function prefixedMapping(description: string) {
  return object(
    description,
    { claim, prefix: string('Text that is put before the value of the claim.'), expression },
    { 'x-kubernetes-validations': [oneNeeded, notBoth, prefixWithClaim] },
  );
}

const issuerSchema = object(
  'Who issues the tokens.',
  {
    url: string('URL of the issuer, as it stands in the tokens.'),
    discoveryURL: string('Where the OpenID discovery document is, if it is not below the URL of the issuer.'),
    certificateAuthority: string(
      'Certificates, in PEM, that the issuer is verified with. Default: those of the system.',
    ),
    audiences: list('Audiences of which a token must have one.', string('An audience.')),
    audienceMatchPolicy: string('MatchAny if there are several audiences.'),
  },
  { required: ['url'] },
);

const claimValidationRuleSchema = object(
  'A condition that a token must meet. Either a claim with its required value, or an expression with a message.',
  {
    claim,
    requiredValue: string('Value that the claim must have.', { minLength: 1 }),
    expression,
    message: string('What is said of a token for which the expression is false.', { minLength: 1 }),
  },
  {
    'x-kubernetes-validations': [
      oneNeeded,
      notBoth,
      {
        rule: '(has(self.expression) && !has(self.requiredValue)) || (has(self.claim) && has(self.requiredValue))',
        message: 'requiredValue can only be specified when claim is specified',
      },
      {
        rule: '(has(self.expression) && has(self.message)) || (has(self.claim) && !has(self.message))',
        message: 'message can only be specified when expression is specified',
      },
    ],
  },
);

const claimMappingsSchema = object('How users are made from claims.', {
  username: prefixedMapping('The name of the user.'),
  groups: prefixedMapping('The groups of the user.'),
  uid: object('The UID of the user.', { claim, expression }, { 'x-kubernetes-validations': [notBoth] }),
  extra: list(
    'What else is kept of the user.',
    object(
      'One extra attribute.',
      {
        key: string('Key of the attribute, with a domain in front.'),
        valueExpression: string('CEL expression over claims that gives the text or texts.'),
      },
      { required: ['key', 'valueExpression'] },
    ),
  ),
});

const userValidationRuleSchema = object(
  'A condition that the user must meet.',
  {
    expression: string('CEL expression over user.'),
    message: string('What is said of a user for whom the expression is false.'),
  },
  { required: ['expression', 'message'] },
);

const jwtSchema = object(
  'Accepts the tokens of one issuer.',
  {
    issuer: issuerSchema,
    claimValidationRules: list('Conditions on the claims of a token. All must hold.', claimValidationRuleSchema),
    claimMappings: claimMappingsSchema,
    userValidationRules: list('Conditions on the user that was made. All must hold.', userValidationRuleSchema),
  },
  { required: ['claimMappings', 'issuer'] },
);

export const workspaceAuthenticationConfigurationSchema = object(
  'Further ways to authenticate, for the workspaces of the types that name this object.',
  {
    metadata: metadataWith({}),
    spec: object(
      'The ways to authenticate.',
      { jwt: list('Issuers of JSON web tokens that are trusted.', jwtSchema) },
      { required: ['jwt'] },
    ),
  },
  { required: ['metadata', 'spec'] },
);

export type WorkspaceAuthenticationConfiguration = ObjectType<
  'tenancy.kcp.io/v1alpha1',
  'WorkspaceAuthenticationConfiguration',
  typeof workspaceAuthenticationConfigurationSchema
>;
export type JWTAuthenticator = Infer<typeof jwtSchema>;

export const workspaceAuthenticationConfigurationDeclaration = declareKind({
  group: 'tenancy.kcp.io',
  kind: 'WorkspaceAuthenticationConfiguration',
  plural: 'workspaceauthenticationconfigurations',
  categories: ['kcp'],
  scope: 'Cluster',
  versions: [{ name: 'v1alpha1', schema: workspaceAuthenticationConfigurationSchema, columns: [ageColumn] }],
});
