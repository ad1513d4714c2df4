export interface QueryParameter {
  name: string;
  type: 'string' | 'boolean' | 'integer';
  description: string;
}

export type OperationAction = 'get' | 'list' | 'post' | 'put' | 'patch' | 'delete' | 'deletecollection';

const parameter = (type: QueryParameter['type'], name: string, description: string): QueryParameter => ({
  name,
  type,
  description,
});

export const prettyParameter = parameter('string', 'pretty', 'True makes the server indent its answer.');

const dryRun = parameter('string', 'dryRun', 'All goes through every step of the request but stores nothing.');
const fieldManager = parameter(
  'string',
  'fieldManager',
  'Name of the program or person that makes the change, at most 128 printable characters.',
);
const fieldValidation = parameter(
  'string',
  'fieldValidation',
  'What to do about unknown and duplicate fields: Ignore drops them in silence, Warn (the default) drops them with a warning, Strict fails.',
);
const force = parameter('boolean', 'force', 'Takes over fields that other managers own. Apply patches only.');

const selection = [
  parameter('string', 'continue', 'Token from the previous page of the list.'),
  parameter('string', 'fieldSelector', 'Restricts the objects by their fields.'),
  parameter('string', 'labelSelector', 'Restricts the objects by their labels.'),
  parameter('integer', 'limit', 'Largest number of objects to return at once.'),
  parameter('string', 'resourceVersion', 'Bounds the resource versions from which the request may be served.'),
  parameter('string', 'resourceVersionMatch', 'How resourceVersion is applied: Exact or NotOlderThan.'),
  parameter('boolean', 'sendInitialEvents', 'Makes a watch begin with the objects that exist.'),
  parameter('integer', 'timeoutSeconds', 'Seconds after which the call ends, whatever it is doing.'),
];
const deletion = [
  dryRun,
  parameter('integer', 'gracePeriodSeconds', 'Seconds to wait before the deletion; 0 means at once.'),
  parameter('boolean', 'orphanDependents', 'Deprecated, use propagationPolicy.'),
  parameter('string', 'propagationPolicy', 'What happens to dependents: Orphan, Background or Foreground.'),
];
const writing = [dryRun, fieldManager, fieldValidation];

/** Query parameters of each kind of operation, besides `pretty`. */
export const queryParameters: Readonly<Record<OperationAction, readonly QueryParameter[]>> = {
  get: [],
  list: [
    parameter('boolean', 'allowWatchBookmarks', 'Asks for BOOKMARK events in a watch.'),
    ...selection,
    parameter('boolean', 'watch', 'Streams changes instead of returning a list.'),
  ],
  post: writing,
  put: writing,
  patch: [...writing, force],
  delete: deletion,
  deletecollection: [...selection, ...deletion],
};
