import {
  apiVersionOf,
  type CompiledSchema,
  type JsonObject,
  type KubeObject,
  type ListMeta,
  type StatusError,
} from '@canopy/apimachinery';
import { objectOf } from '../registry/get.ts';
import type { ListResult } from '../registry/list.ts';
import { spliceAll, spliceFrames, spliceRevision } from '../registry/object-codec.ts';
import { inVersion, type StoredObject } from '../registry/registry.ts';
import type { WatchedEvent } from '../registry/watching/watch-events.ts';
import { type ApiResponse, jsonResponse } from './api-response.ts';
import { acceptsGzip, compressResponse, gzipThresholdBytes } from './negotiation/compression.ts';
import { encodeBody, recodeBody, wantsPretty } from './negotiation/encode-body.ts';
import { gzipPieces } from './negotiation/gzip-pieces.ts';
import { type Negotiated, negotiate } from './negotiation/representation.ts';
import type { ResourceCall } from './resource-call.ts';
import { partialList, partialObject } from './table/partial-metadata.ts';
import { renderTable } from './table/table.ts';

/** How this client wants its answer. */
function wanted(call: ResourceCall, streaming = false): Negotiated & { indent: boolean } {
  const { headers, query } = call.context;
  const negotiated = negotiate(headers.accept, { query, streaming });
  return { ...negotiated, indent: !streaming && (negotiated.pretty || wantsPretty(query, headers['user-agent'])) };
}

/** Stored bytes may go out as they are: same version, and no default that came after they were written. */
function isStoredForm(call: ResourceCall): boolean {
  return call.context.info.version === call.resource.declaration.storageVersion && lateDefaults(call) === undefined;
}

/** The schema whose defaults a read fills in: definitions may get defaults later than their objects. */
function lateDefaults({ resource, context }: ResourceCall): CompiledSchema | undefined {
  const { kind } = resource.origin;
  if (kind !== 'crd' && kind !== 'binding') return undefined;
  const schema = resource.versions.get(context.info.version)?.compiled;
  return schema?.root.hasDefaults ? schema : undefined;
}

function versionedObject(call: ResourceCall, stored: StoredObject): KubeObject {
  const object = inVersion(call.resource, objectOf(stored), call.context.info.version);
  lateDefaults(call)?.applyDefaults(object as JsonObject);
  return object;
}

function objectBytes(call: ResourceCall, stored: StoredObject): Buffer {
  if (isStoredForm(call)) return spliceRevision(stored.kv.value, stored.kv.modRevision);
  return Buffer.from(JSON.stringify(versionedObject(call, stored)));
}

/** One object, in the representation that the client asked for. */
export async function renderObject(
  call: ResourceCall,
  status: number,
  stored: StoredObject,
  dryRun = false,
): Promise<ApiResponse> {
  const want = wanted(call);
  if (want.representation.kind === 'object') {
    const bytes = dryRun ? Buffer.from(JSON.stringify(versionedObject(call, stored))) : objectBytes(call, stored);
    if (want.format === 'json' && !want.indent) return compressed(call, jsonResponse(status, bytes));
    return compressed(
      call,
      jsonResponse(status, await recodeBody(bytes, want.format, want.indent), { 'content-type': want.contentType }),
    );
  }
  const body = shaped(call, [versionedObject(call, stored)], want, { single: true, meta: undefined });
  return compressed(
    call,
    jsonResponse(status, await encodeBody(body, want.format, want.indent), { 'content-type': want.contentType }),
  );
}

interface ShapeInput {
  /** One object by itself rather than a list of one. */
  single: boolean;
  meta: ListMeta | undefined;
}

/** Table and PartialObjectMetadata forms. */
function shaped(call: ResourceCall, objects: KubeObject[], want: Negotiated, input: ShapeInput): unknown {
  const { representation } = want;
  if (representation.kind === 'table') {
    return renderTable(call.resource, call.context.info.version, objects, {
      includeObject: representation.includeObject,
      tableVersion: representation.version,
      ...(input.meta === undefined ? {} : { listMeta: input.meta }),
      nowMs: call.services.registry.clock.now(),
    });
  }
  const version = representation.kind === 'partial' ? representation.version : 'v1';
  if (input.single) return partialObject(objects[0] as KubeObject, version);
  return partialList(objects, version, input.meta ?? {});
}

/** A list of objects that are at hand, in the form that the client asked for. */
export async function renderList(call: ResourceCall, result: ListResult): Promise<ApiResponse> {
  const want = wanted(call);
  const meta = listMeta(result);
  if (want.representation.kind === 'object') {
    const bytes = joined(call, result.items, listHead(call, meta), listEnd);
    const body = await recodeBody(bytes, want.format, want.indent);
    return compressed(call, jsonResponse(200, body, { 'content-type': want.contentType }));
  }
  const objects = result.items.map((stored) => versionedObject(call, stored));
  const body = await encodeBody(shaped(call, objects, want, { single: false, meta }), want.format, want.indent);
  return compressed(call, jsonResponse(200, body, { 'content-type': want.contentType }));
}

function listMeta({ revision, continueToken }: Pick<ListResult, 'revision' | 'continueToken'>): ListMeta {
  return { resourceVersion: String(revision), ...(continueToken === '' ? {} : { continue: continueToken }) };
}

const comma = Buffer.from(',');
const listEnd = Buffer.from(']}');
const nothing = Buffer.alloc(0);

function listHead(call: ResourceCall, meta: ListMeta): Buffer {
  const { group, names } = call.resource.declaration;
  const head = {
    kind: names.listKind,
    apiVersion: apiVersionOf(group, call.context.info.version),
    metadata: meta,
    items: [],
  };
  return Buffer.from(JSON.stringify(head).slice(0, -2));
}

/** The objects with commas between them. */
function joined(call: ResourceCall, items: readonly StoredObject[], head: Buffer, end: Buffer): Buffer {
  if (isStoredForm(call)) return spliceAll(items, head, end);
  const parts: Buffer[] = [head];
  for (let i = 0; i < items.length; i++) {
    if (i > 0) parts.push(comma);
    parts.push(objectBytes(call, items[i] as StoredObject));
  }
  parts.push(end);
  return Buffer.concat(parts);
}

/** A list in plain JSON, put together from stored bytes without parsing them: `head`, objects with commas between them, `end`. */
export interface PlainList {
  head(of: Pick<ListResult, 'revision' | 'continueToken'>): Buffer;
  /** With commas between them. */
  objects(items: readonly StoredObject[]): Buffer;
  /** Those of a later page, with a comma before them. */
  furtherObjects(items: readonly StoredObject[]): Buffer;
  end: Buffer;
  /** Objects go out as they are stored. */
  isStoredForm: boolean;
  /** A list of one page. `objects` is not changed and may belong to several answers. */
  complete(of: Pick<ListResult, 'revision' | 'continueToken'>, objects: Buffer): Promise<ApiResponse>;
}

/** Undefined when the client asked for another form than plain JSON, which needs all objects at once. */
export function plainList(call: ResourceCall): PlainList | undefined {
  const want = wanted(call);
  if (want.representation.kind !== 'object' || want.format !== 'json' || want.indent) return undefined;
  const head: PlainList['head'] = (of) => listHead(call, listMeta(of));
  return {
    head,
    objects: (items) => joined(call, items, nothing, nothing),
    furtherObjects: (items) => (items.length === 0 ? nothing : joined(call, items, comma, nothing)),
    end: listEnd,
    isStoredForm: isStoredForm(call),
    complete: (of, objects) => completeList(call, head(of), objects),
  };
}

async function completeList(call: ResourceCall, head: Buffer, objects: Buffer): Promise<ApiResponse> {
  if (objects.length < gzipThresholdBytes) return jsonResponse(200, [head, objects, listEnd]);
  const vary = { vary: 'Accept-Encoding' };
  if (!acceptsGzip(call.context.headers['accept-encoding'])) return jsonResponse(200, [head, objects, listEnd], vary);
  const body = await gzipPieces(head, objects, listEnd);
  return jsonResponse(200, body, { ...vary, 'content-encoding': 'gzip' });
}

function compressed(call: ResourceCall, response: ApiResponse): ApiResponse | Promise<ApiResponse> {
  return compressResponse(response, call.context.headers['accept-encoding']);
}

/** Turns watch events into frames: one JSON document per line. */
export interface EventRenderer {
  contentType: string;
  render(events: readonly WatchedEvent[], shared: object | undefined): Uint8Array;
  bookmark(revision: number, initialEventsEnd: boolean): string;
  error(status: StatusError): string;
}

/** Frames of a batch, shared by all watchers of the same version that see the batch as it is. */
const sharedFrames = new WeakMap<object, Map<string, Uint8Array>>();

export async function eventRenderer(call: ResourceCall): Promise<EventRenderer> {
  const want = wanted(call, true);
  const { group, names } = call.resource.declaration;
  const { version } = call.context.info;
  const shapeKey = want.representation.kind === 'object' ? `${group}/${version}` : undefined;
  let columnsSent = false;
  const frame = (event: WatchedEvent): Buffer => {
    if (want.representation.kind === 'object') return objectFrame(event.type, objectBytes(call, event.stored));
    const object = versionedObject(call, withEventRevision(event.stored));
    if (want.representation.kind === 'partial') {
      return objectFrame(event.type, Buffer.from(JSON.stringify(partialObject(object, want.representation.version))));
    }
    const table = renderTable(call.resource, version, [object], {
      includeObject: want.representation.includeObject,
      tableVersion: want.representation.version,
      columnDefinitions: !columnsSent,
      nowMs: call.services.registry.clock.now(),
    });
    columnsSent = true;
    return objectFrame(event.type, Buffer.from(JSON.stringify(table)));
  };
  const storedForm = want.representation.kind === 'object' && isStoredForm(call);
  const renderAll = (events: readonly WatchedEvent[]): Uint8Array => {
    if (storedForm) {
      const heads = events.map(({ type }) => frameHeads[type] as Buffer);
      return spliceFrames(
        events.map(({ stored }) => stored),
        heads,
        frameEnd,
      );
    }
    const frames = events.map(frame);
    return frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames);
  };
  return {
    contentType: 'application/json',
    render(events, shared) {
      if (shared === undefined || shapeKey === undefined) return renderAll(events);
      let byShape = sharedFrames.get(shared);
      if (byShape === undefined) {
        byShape = new Map();
        sharedFrames.set(shared, byShape);
      }
      let bytes = byShape.get(shapeKey);
      if (bytes === undefined) {
        bytes = renderAll(events);
        byShape.set(shapeKey, bytes);
      }
      return bytes;
    },
    bookmark(revision, initialEventsEnd) {
      const annotations = initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
      const metadata = { resourceVersion: String(revision), creationTimestamp: null, ...annotations };
      const { representation } = want;
      const object =
        representation.kind === 'object'
          ? { kind: names.kind, apiVersion: apiVersionOf(group, version), metadata }
          : representation.kind === 'partial'
            ? { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${representation.version}`, metadata }
            : bookmarkTable(metadata, representation.version);
      return `${JSON.stringify({ type: 'BOOKMARK', object })}\n`;
    },
    error: (status) => `${JSON.stringify({ type: 'ERROR', object: status.toStatus() })}\n`,
  };
}

/** The row is there for its metadata: it says what the bookmark says, and has no cells. */
function bookmarkTable(metadata: { resourceVersion: string }, version: string): object {
  const apiVersion = `meta.k8s.io/${version}`;
  return {
    kind: 'Table',
    apiVersion,
    metadata: { resourceVersion: metadata.resourceVersion },
    columnDefinitions: null,
    rows: [{ cells: [], object: { kind: 'PartialObjectMetadata', apiVersion, metadata } }],
  };
}

/** A deleted object carries the revision of its deletion. */
function withEventRevision(stored: StoredObject): StoredObject {
  if (stored.object !== undefined) stored.object.metadata.resourceVersion = String(stored.kv.modRevision);
  return stored;
}

const frameHeads: Readonly<Record<string, Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};
const frameEnd = Buffer.from('}\n');

function objectFrame(type: string, object: Buffer): Buffer {
  return Buffer.concat([frameHeads[type] as Buffer, object, frameEnd]);
}
