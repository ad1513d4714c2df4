import { fieldSelectorRequirementSchema, labelSelectorRequirementSchema } from '../meta/label-selector.ts';
import { atomicList, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { string } from '../schema-dsl/scalars.ts';
import type { Infer } from '../schema-dsl/typed-schema.ts';

const rawSelector = string('The selector as text. Not allowed together with requirements.');

const fieldSelectorSchema = message(
  'io.k8s.api.authorization.v1.FieldSelectorAttributes',
  'The request is limited to objects with certain fields. Authorizers may ignore it.',
  {
    rawSelector: wire(1, rawSelector),
    requirements: wire(2, atomicList('The selector, taken apart.', fieldSelectorRequirementSchema)),
  },
);

const labelSelectorAttributesSchema = message(
  'io.k8s.api.authorization.v1.LabelSelectorAttributes',
  'The request is limited to objects with certain labels. Authorizers may ignore it.',
  {
    rawSelector: wire(1, rawSelector),
    requirements: wire(2, atomicList('The selector, taken apart.', labelSelectorRequirementSchema)),
  },
);

/** authorization/v1.ResourceAttributes. */
export const resourceAttributesSchema = message(
  'io.k8s.api.authorization.v1.ResourceAttributes',
  'A request for a resource.',
  {
    namespace: wire(1, string('Namespace of the request. Empty means none, or all of them.')),
    verb: wire(2, string('Verb of the request. "*" stands for all.')),
    group: wire(3, string('API group of the resource. "*" stands for all.')),
    version: wire(4, string('API version of the resource. "*" stands for all.')),
    resource: wire(5, string('The resource, in the plural. "*" stands for all.')),
    subresource: wire(6, string('The subresource, if one is meant.')),
    name: wire(7, string('Name of the object. Empty stands for all.')),
    fieldSelector: wireOptional(8, fieldSelectorSchema),
    labelSelector: wireOptional(9, labelSelectorAttributesSchema),
  },
);

/** authorization/v1.NonResourceAttributes. */
export const nonResourceAttributesSchema = message(
  'io.k8s.api.authorization.v1.NonResourceAttributes',
  'A request for a path that is no resource.',
  {
    path: wire(1, string('Path of the request.')),
    verb: wire(2, string('HTTP method of the request, in lower case.')),
  },
);

export type ResourceAttributes = Infer<typeof resourceAttributesSchema>;
export type NonResourceAttributes = Infer<typeof nonResourceAttributesSchema>;
