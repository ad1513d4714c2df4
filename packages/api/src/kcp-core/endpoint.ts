import { labelSelectorSchema } from '../meta/label-selector.ts';
import { described, listMap, object } from '../schema-dsl/composites.ts';
import { boolean, string } from '../schema-dsl/scalars.ts';
import type { Infer } from '../schema-dsl/typed-schema.ts';

const endpointSchema = object(
  'One URL of a virtual workspace.',
  {
    url: string('The URL.', { minLength: 1 }),
    shards: object(
      'Shards that this URL is for. Left out, it is for the shard whose URL it begins with.',
      {
        matchAll: boolean('Whether the URL is for every shard that no other URL is for.'),
        selector: described('Labels of the shards that the URL is for.', labelSelectorSchema),
      },
      {
        'x-kubernetes-validations': [
          {
            rule: '!(has(self.matchAll) && self.matchAll && has(self.selector))',
            message: 'matchAll and selector are mutually exclusive',
          },
        ],
      },
    ),
  },
  { required: ['url'] },
);

/** The URLs in the status of an endpoint slice. */
export const endpointsSchema = listMap(
  ['url'],
  'URLs of the virtual workspace. None as long as nobody needs one.',
  endpointSchema,
);

export type Endpoint = Infer<typeof endpointSchema>;
