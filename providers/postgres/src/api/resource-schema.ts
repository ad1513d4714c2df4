import { createHash } from 'node:crypto';
import { apiVersion, group, kind, orders, version } from './postgres-database.ts';

const conditionSchema = {
  type: 'object',
  required: ['type', 'status'],
  properties: {
    type: { type: 'string', description: 'Ready, DatabaseReady, ExtensionsReady or SecretReady.' },
    status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
    reason: { type: 'string', description: 'One word for programs, e.g. ServerUnreachable or NameTaken.' },
    message: { type: 'string', description: 'A sentence for people.' },
    severity: { type: 'string', enum: ['Error', 'Warning', 'Info'] },
    lastTransitionTime: { type: 'string', format: 'date-time' },
    observedGeneration: { type: 'integer', format: 'int64' },
  },
};

const specSchema = {
  type: 'object',
  description: 'What is ordered.',
  default: {},
  properties: {
    name: {
      type: 'string',
      description:
        'Name of the database on its server. Left out, a unique one is made up. A name that is taken already is reported, and waited for. Cannot be changed.',
      pattern: '^[a-z][a-z0-9_]*$',
      maxLength: 63,
    },
    deletionPolicy: {
      type: 'string',
      enum: ['Delete', 'Keep'],
      default: 'Delete',
      description:
        'What happens to the data when the order is deleted. Delete drops the database with all it holds. Keep leaves it on the server, closed to logins, for the operator to hand back.',
    },
    connectionLimit: {
      type: 'integer',
      format: 'int32',
      minimum: -1,
      maximum: 10_000,
      default: 20,
      description: 'Connections open at a time; -1 is no limit.',
    },
    extensions: {
      type: 'array',
      maxItems: 50,
      'x-kubernetes-list-type': 'set',
      items: { type: 'string', pattern: '^[A-Za-z][-A-Za-z0-9_]*$', maxLength: 63 },
      description:
        'Extensions to create in the database, e.g. pg_trgm. One that is taken off the list stays, since dropping it could lose data.',
    },
  },
  'x-kubernetes-validations': [
    {
      rule: 'has(self.name) == has(oldSelf.name) && (!has(self.name) || self.name == oldSelf.name)',
      message: 'the name of a database cannot be changed',
    },
  ],
};

const statusSchema = {
  type: 'object',
  description: 'What has been delivered.',
  properties: {
    phase: {
      type: 'string',
      enum: ['Pending', 'Ready', 'Failed', 'Deleting'],
      description: 'Summary of the conditions. Failed orders are tried again until they succeed.',
    },
    observedGeneration: {
      type: 'integer',
      format: 'int64',
      description: 'Generation of the order that this status is about.',
    },
    endpoint: {
      type: 'object',
      description: 'Where the database is.',
      required: ['host', 'port', 'database'],
      properties: {
        host: { type: 'string' },
        port: { type: 'integer', format: 'int32' },
        database: { type: 'string' },
      },
    },
    secretRef: {
      type: 'object',
      description:
        'Secret beside the order with the keys uri, host, port, database, username and password. Deleting it changes the password.',
      required: ['name'],
      properties: { name: { type: 'string' } },
    },
    sizeBytes: { type: 'integer', format: 'int64', description: 'Size on disk, measured about once a minute.' },
    conditions: {
      type: 'array',
      items: conditionSchema,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    },
  },
};

const spec = {
  group,
  names: {
    plural: orders.resource,
    singular: 'postgresdatabase',
    kind,
    listKind: `${kind}List`,
    shortNames: ['pgdb'],
    categories: ['databases'],
  },
  scope: 'Namespaced',
  versions: [
    {
      name: version,
      served: true,
      storage: true,
      schema: {
        type: 'object',
        description:
          'An order for a PostgreSQL database of your own: with an owner role, a generated password and a Secret that holds the connection URI.',
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: { type: 'object' },
          spec: specSchema,
          status: statusSchema,
        },
      },
      subresources: { status: {} },
      additionalPrinterColumns: [
        { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
        { name: 'Database', type: 'string', jsonPath: '.status.endpoint.database' },
        { name: 'Secret', type: 'string', jsonPath: '.status.secretRef.name' },
        { name: 'Size', type: 'integer', jsonPath: '.status.sizeBytes', description: 'Bytes on disk.' },
        {
          name: 'Message',
          type: 'string',
          jsonPath: '.status.conditions[?(@.type=="Ready")].message',
          priority: 1,
        },
        { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      ],
    },
  ],
};

/**
 * The APIResourceSchema of {@link apiVersion} PostgresDatabase. Schemas are immutable, so the name carries a hash of the
 * content: a changed schema is another object.
 */
export function resourceSchema() {
  const hash = createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 10);
  return {
    apiVersion: 'apis.kcp.io/v1alpha1',
    kind: 'APIResourceSchema',
    metadata: { name: `h${hash}.${orders.resource}.${group}` },
    spec,
  };
}
