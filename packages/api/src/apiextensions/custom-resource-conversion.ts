import { atomicList, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { bytes, int32, string } from '../schema-dsl/scalars.ts';
import type { Infer } from '../schema-dsl/typed-schema.ts';

const apiextensionsV1 = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

const serviceReferenceSchema = message(
  `${apiextensionsV1}.ServiceReference`,
  'The webhook is a service of the same cluster.',
  {
    namespace: wire(1, string('Namespace of the service.')),
    name: wire(2, string('Name of the service.')),
    path: wireOptional(3, string('Path of the webhook at the service.')),
    port: wireOptional(4, int32('Port of the service. Default: 443.')),
  },
  { required: ['namespace', 'name'] },
);

const clientConfigSchema = message(
  `${apiextensionsV1}.WebhookClientConfig`,
  'How the webhook is called. Either a URL or a service.',
  {
    service: wireOptional(1, serviceReferenceSchema),
    caBundle: wire(2, bytes('Certificates, in PEM, that the webhook is verified with. Default: those of the system.')),
    url: wireOptional(3, string('URL of the webhook. Must be https.')),
  },
);

const webhookSchema = message(
  `${apiextensionsV1}.WebhookConversion`,
  'The webhook. Needed for the strategy Webhook, and not allowed otherwise.',
  {
    clientConfig: wireOptional(2, clientConfigSchema),
    conversionReviewVersions: wire(
      3,
      atomicList('Versions of ConversionReview that the webhook understands, best first.', string('A version.')),
    ),
  },
  { required: ['conversionReviewVersions'] },
);

/** apiextensions/v1.CustomResourceConversion. */
export const customResourceConversionSchema = message(
  `${apiextensionsV1}.CustomResourceConversion`,
  'How objects are converted between versions.',
  {
    strategy: wire(1, string('None: only apiVersion is changed. Webhook: a webhook converts.')),
    webhook: wireOptional(2, webhookSchema),
  },
  { required: ['strategy'] },
);

export type CustomResourceConversion = Infer<typeof customResourceConversionSchema>;
