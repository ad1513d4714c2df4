import { conditionsSchema } from '../conditions/condition-schema.ts';
import { endpointsSchema } from '../kcp-core/endpoint.ts';
import { object, withKeywords } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { string } from '../schema-dsl/scalars.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { ageColumn } from '../tables/columns.ts';
import { exportReferenceIsFixed, exportReferenceSchema } from './export-reference.ts';

export const apiExportEndpointSliceSchema = object(
  'Lists the URLs under which a provider sees the consumers of an APIExport.',
  {
    spec: object(
      'Which URLs are wanted.',
      {
        export: withKeywords(exportReferenceSchema, { 'x-kubernetes-validations': [exportReferenceIsFixed] }),
        partition: string('Partition, in the same workspace, whose shards are wanted. Left out, all shards are.'),
      },
      { required: ['export'] },
    ),
    status: object('The URLs.', {
      conditions: conditionsSchema,
      endpoints: endpointsSchema,
      shardSelector: string('Selector of the partition as text.'),
    }),
  },
);

export type APIExportEndpointSlice = ObjectType<
  'apis.kcp.io/v1alpha1',
  'APIExportEndpointSlice',
  typeof apiExportEndpointSliceSchema
>;

export const apiExportEndpointSliceDeclaration = declareKind({
  group: 'apis.kcp.io',
  kind: 'APIExportEndpointSlice',
  plural: 'apiexportendpointslices',
  categories: ['kcp'],
  scope: 'Cluster',
  versions: [
    {
      name: 'v1alpha1',
      schema: apiExportEndpointSliceSchema,
      status: true,
      columns: [
        { name: 'Export', type: 'string', jsonPath: '.spec.export.name', description: 'Name of the APIExport.' },
        { name: 'Partition', type: 'string', jsonPath: '.spec.partition', description: 'Name of the partition.' },
        ageColumn,
      ],
    },
  ],
});
