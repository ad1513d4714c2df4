import { extraValues } from '../authentication/user-info.ts';
import { atomicList, listMap, mapOf, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { bytes, int32, oneOfStrings, string, time } from '../schema-dsl/scalars.ts';
import type { Infer, ObjectType } from '../schema-dsl/typed-schema.ts';
import { computedAgeColumn, computedColumn } from '../tables/columns.ts';

const certificatesV1 = 'io.k8s.api.certificates.v1';

/** All values of KeyUsage. */
export const keyUsages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
] as const;

const usageSchema = oneOfStrings('One use of the key.', keyUsages);

const specSchema = message(
  `${certificatesV1}.CertificateSigningRequestSpec`,
  'What is asked for. Cannot be changed.',
  {
    request: wire(1, bytes('The PKCS #10 request, in PEM.')),
    username: wire(2, string('Name of the user who asks. Set by the system.')),
    uid: wire(3, string('UID of the user who asks. Set by the system.')),
    groups: wire(4, atomicList('Groups of the user who asks. Set by the system.', string('Name of a group.'))),
    usages: wire(5, atomicList('What the certificate should be good for.', usageSchema)),
    extra: wire(
      6,
      mapOf(
        'What else is known of the user who asks. Set by the system.',
        extraValues('certificates', 'Values of one key.'),
      ),
    ),
    signerName: wire(7, string('Who should sign, such as kubernetes.io/kube-apiserver-client.')),
    expirationSeconds: wireOptional(
      8,
      int32('For how long the certificate should be valid, at least 600. The signer may choose another time.'),
    ),
  },
  { required: ['request', 'signerName'] },
);

const conditionSchema = message(
  `${certificatesV1}.CertificateSigningRequestCondition`,
  'What has been decided about the request.',
  {
    type: wire(1, string('Approved, Denied or Failed.')),
    reason: wire(2, string('Why, as one word for programs.')),
    message: wire(3, string('Why, for people.')),
    lastUpdateTime: wire(4, time('When the condition was last written.')),
    lastTransitionTime: wire(5, time('When the status last changed.')),
    status: wire(6, string('True, False or Unknown. Approved, Denied and Failed may only be True.')),
  },
  { required: ['type', 'status'] },
);

export const certificateSigningRequestSchema = message(
  `${certificatesV1}.CertificateSigningRequest`,
  'Asks a signer for an X.509 certificate.',
  {
    spec: wire(2, specSchema),
    status: wire(
      3,
      message(`${certificatesV1}.CertificateSigningRequestStatus`, 'What became of the request.', {
        conditions: wire(1, listMap(['type'], 'What has been decided.', conditionSchema)),
        certificate: wire(2, bytes('The certificates that were issued, in PEM.')),
      }),
    ),
  },
  { required: ['spec'] },
);

export type CertificateSigningRequest = ObjectType<
  'certificates.k8s.io/v1',
  'CertificateSigningRequest',
  typeof certificateSigningRequestSchema
>;
export type CertificateSigningRequestCondition = Infer<typeof conditionSchema>;

export const certificateSigningRequestDeclaration = declareKind({
  group: 'certificates.k8s.io',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  shortNames: ['csr'],
  scope: 'Cluster',
  versions: [
    {
      name: 'v1',
      schema: certificateSigningRequestSchema,
      status: true,
      columns: [
        computedAgeColumn,
        computedColumn('SignerName', 'Who should sign.'),
        computedColumn('Requestor', 'User who asks.'),
        computedColumn('RequestedDuration', 'For how long the certificate should be valid.'),
        computedColumn('Condition', 'What has been decided, and whether a certificate was issued.'),
      ],
      selectableFields: ['.spec.signerName'],
    },
  ],
});
