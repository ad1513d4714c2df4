import { message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { int32, microTime, string } from '../schema-dsl/scalars.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { computedAgeColumn, computedColumn } from '../tables/columns.ts';

export const leaseSchema = message('io.k8s.api.coordination.v1.Lease', 'Tells who leads, and until when.', {
  spec: wire(
    2,
    message('io.k8s.api.coordination.v1.LeaseSpec', 'The lease.', {
      holderIdentity: wireOptional(1, string('Who holds the lease.')),
      leaseDurationSeconds: wireOptional(
        2,
        int32('How long, after the last renewal, others have to wait to take it over.'),
      ),
      acquireTime: wireOptional(3, microTime('When the holder got the lease.')),
      renewTime: wireOptional(4, microTime('When the holder last renewed the lease.')),
      leaseTransitions: wireOptional(5, int32('How often the lease has gone to another holder.')),
      strategy: wireOptional(6, string('How the holder is picked when leaders are elected by a coordinator.')),
      preferredHolder: wireOptional(7, string('To whom the holder should give the lease up. Needs a strategy.')),
    }),
  ),
});

export type Lease = ObjectType<'coordination.k8s.io/v1', 'Lease', typeof leaseSchema>;

export const leaseDeclaration = declareKind({
  group: 'coordination.k8s.io',
  kind: 'Lease',
  plural: 'leases',
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1',
      schema: leaseSchema,
      columns: [computedColumn('Holder', 'Who holds the lease.'), computedAgeColumn],
    },
  ],
});
