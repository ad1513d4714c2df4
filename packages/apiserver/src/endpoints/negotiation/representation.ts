import { badRequest, notAcceptable } from '@canopy/apimachinery';
import { type AcceptClause, covers, parseAccept } from './accept.ts';

export type MetaVersion = 'v1' | 'v1beta1';
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** In which shape a client wants objects, lists and watch events. */
export type Representation =
  | { kind: 'object' }
  | { kind: 'table'; version: MetaVersion; includeObject: IncludeObject }
  /** PartialObjectMetadata, or its list. */
  | { kind: 'partial'; version: MetaVersion };

export type BodyFormat = 'json' | 'yaml';

export interface Negotiated {
  representation: Representation;
  format: BodyFormat;
  /** For the Content-Type header. */
  contentType: string;
  /** The clause itself asked for indented output (`pretty=1`). */
  pretty: boolean;
}

export interface NegotiationOptions {
  query: URLSearchParams;
  /** Watches: YAML cannot be streamed. */
  streaming?: boolean;
}

const contentTypes: Readonly<Record<BodyFormat, string>> = { json: 'application/json', yaml: 'application/yaml' };
const plain: Negotiated = {
  representation: { kind: 'object' },
  format: 'json',
  contentType: contentTypes.json,
  pretty: false,
};
const offered = ['application/json', 'application/yaml'];
const offeredForStreams = ['application/json'];

/**
 * Picks the representation of a resource response; 406 when the client accepts nothing that is offered, 400 for an
 * unknown `includeObject`. As in Kubernetes, a clause that asks for an unknown transformation is passed over.
 *
 * Protobuf is not offered. Clients that list it together with JSON get JSON; clients that accept protobuf alone get JSON
 * as well instead of 406, since client-go decodes answers by their Content-Type and not by what it has asked for.
 */
export function negotiate(accept: string | undefined, options: NegotiationOptions): Negotiated {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return plain;
  const clauses = parseAccept(accept);
  for (const clause of clauses) {
    const format = formatOf(clause, options.streaming === true);
    if (format === undefined) continue;
    const found = accepted(clause, format, options);
    if (found !== undefined) return found;
  }
  for (const clause of clauses) {
    if (clause.type !== 'application' || clause.subtype !== 'vnd.kubernetes.protobuf') continue;
    const found = accepted(clause, 'json', options);
    if (found !== undefined) return found;
  }
  throw notAcceptable(options.streaming === true ? offeredForStreams : offered);
}

function formatOf(clause: AcceptClause, streaming: boolean): BodyFormat | undefined {
  if (covers(clause, 'application', 'json')) return 'json';
  if (streaming) return undefined;
  const yaml = clause.type === 'application' && (clause.subtype === 'yaml' || clause.subtype === 'x-yaml');
  return yaml ? 'yaml' : undefined;
}

function accepted(clause: AcceptClause, format: BodyFormat, options: NegotiationOptions): Negotiated | undefined {
  const representation = representationOf(clause.params, options.query);
  if (representation === undefined) return undefined;
  return { representation, format, contentType: contentTypes[format], pretty: clause.params['pretty'] === '1' };
}

function representationOf(params: AcceptClause['params'], query: URLSearchParams): Representation | undefined {
  const { as, g: group, v: version } = params;
  if (as === undefined && group === undefined && version === undefined) return plain.representation;
  if (group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  if (as === 'Table') return { kind: 'table', version, includeObject: includeObjectOf(query) };
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { kind: 'partial', version };
  return undefined;
}

function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject');
  if (value === null || value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw badRequest(
    `includeObject: Unsupported value: ${JSON.stringify(value)}: supported values: "None", "Metadata", "Object"`,
  );
}
