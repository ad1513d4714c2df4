import { atomicList, list, mapOf, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { int64, string, time } from '../schema-dsl/scalars.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { addWireFacts } from '../schema-dsl/wire-facts.ts';

const boundObjectSchema = message(
  'io.k8s.api.authentication.v1.BoundObjectReference',
  'An object that the token lives and dies with.',
  {
    kind: wire(1, string('Kind of the object: Pod or Secret.')),
    apiVersion: wire(2, string('API group and version of the object.')),
    name: wire(3, string('Name of the object.')),
    uid: wire(4, string('UID of the object.')),
  },
);

const attestationValue = list('Values of one key.', string('A value.'));
addWireFacts(attestationValue, { message: 'io.k8s.api.authentication.v1.AttestationValue' });

/** What is posted to `serviceaccounts/<name>/token`. It is no resource of its own. */
export const tokenRequestSchema = message(
  'io.k8s.api.authentication.v1.TokenRequest',
  'Asks for a token of a service account.',
  {
    spec: wire(
      2,
      message('io.k8s.api.authentication.v1.TokenRequestSpec', 'What the token should be like.', {
        audiences: wire(1, atomicList('Whom the token is meant for. Default: the API server.', string('An audience.'))),
        boundObjectRef: wireOptional(3, boundObjectSchema),
        expirationSeconds: wireOptional(
          4,
          int64('For how long the token should be valid. The answer may have another.'),
        ),
        attestations: wire(5, mapOf('Claims about the bound object that are asked for.', attestationValue)),
      }),
    ),
    status: wire(
      3,
      message('io.k8s.api.authentication.v1.TokenRequestStatus', 'The token.', {
        token: wire(1, string('The token itself.')),
        expirationTimestamp: wire(2, time('When the token ends.')),
      }),
    ),
  },
);

export type TokenRequest = ObjectType<'authentication.k8s.io/v1', 'TokenRequest', typeof tokenRequestSchema>;
