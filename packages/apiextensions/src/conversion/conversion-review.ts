import { deepEqual, type KubeObject, type ObjectMeta, validateObjectMeta } from '@canopy/apimachinery';

/** What a conversion webhook is sent and answers (apiextensions.k8s.io/v1 ConversionReview). */
export interface ConversionRequest {
  uid: string;
  desiredAPIVersion: string;
  objects: readonly KubeObject[];
}

export class ConversionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConversionError';
  }
}

const reviewApiVersion = 'apiextensions.k8s.io/v1';
const reviewKind = 'ConversionReview';

export function encodeReview(request: ConversionRequest): string {
  return JSON.stringify({ apiVersion: reviewApiVersion, kind: reviewKind, request });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The converted objects of a response, checked: it must answer this very request, give as many objects as were sent, in
 * their order and in the desired version, and may change nothing in metadata but labels and annotations.
 *
 * @throws ConversionError
 */
export function decodeReview(text: string, request: ConversionRequest): KubeObject[] {
  const response = responseOf(text);
  if (response.uid !== request.uid) {
    throw new ConversionError(
      `expected response.uid ${JSON.stringify(request.uid)}, got ${JSON.stringify(response.uid)}`,
    );
  }
  const result = isRecord(response.result) ? response.result : {};
  if (result.status !== 'Success') {
    const why =
      typeof result.message === 'string' && result.message !== ''
        ? result.message
        : JSON.stringify(result.status ?? '');
    throw new ConversionError(`conversion webhook failed: ${why}`);
  }
  const converted = response.convertedObjects;
  if (!Array.isArray(converted) || converted.length !== request.objects.length) {
    const got = Array.isArray(converted) ? converted.length : 0;
    throw new ConversionError(`expected ${request.objects.length} converted objects, got ${got}`);
  }
  return converted.map((object: unknown, index) =>
    checkConverted(object, request.objects[index] as KubeObject, request.desiredAPIVersion, index),
  );
}

function responseOf(text: string): Record<string, unknown> {
  let review: unknown;
  try {
    review = JSON.parse(text);
  } catch (error) {
    throw new ConversionError('the response is no JSON', { cause: error });
  }
  if (!isRecord(review) || review.apiVersion !== reviewApiVersion || review.kind !== reviewKind) {
    throw new ConversionError(`the response must be a ${reviewKind} of ${reviewApiVersion}`);
  }
  if (!isRecord(review.response)) throw new ConversionError('the response has no `response`');
  return review.response;
}

function checkConverted(value: unknown, original: KubeObject, desired: string, index: number): KubeObject {
  const at = `convertedObjects[${index}]`;
  if (!isRecord(value) || !isRecord(value.metadata)) throw new ConversionError(`${at} is no API object`);
  if (value.apiVersion !== desired) {
    throw new ConversionError(
      `${at} has apiVersion ${JSON.stringify(value.apiVersion)}, expected ${JSON.stringify(desired)}`,
    );
  }
  if (value.kind !== original.kind) {
    throw new ConversionError(
      `${at} has kind ${JSON.stringify(value.kind)}, expected ${JSON.stringify(original.kind)}`,
    );
  }
  return {
    ...value,
    apiVersion: desired,
    kind: original.kind,
    metadata: restoreMetadata(original.metadata, value.metadata, at),
  };
}

/** A webhook decides about labels and annotations; it must send the rest of metadata back as it was. */
function restoreMetadata(original: ObjectMeta, converted: ObjectMeta, at: string): ObjectMeta {
  for (const field of ['name', 'namespace', 'uid'] as const) {
    if ((converted[field] ?? '') !== (original[field] ?? '')) {
      throw new ConversionError(
        `${at} has another metadata.${field}: must be ${JSON.stringify(original[field] ?? '')}`,
      );
    }
  }
  const { labels: _l, annotations: _a, ...fixed } = original;
  const { labels, annotations } = converted;
  const metadata: ObjectMeta = { ...fixed, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) };
  if (!deepEqual(labels, original.labels) || !deepEqual(annotations, original.annotations)) {
    const rules = {
      namespaced: original.namespace !== undefined,
      nameValidation: 'PathSegmentName',
      optionalName: true,
    } as const;
    const wrong = validateObjectMeta(metadata, rules).find(({ field }) =>
      /^metadata\.(?:labels|annotations)/.test(field),
    );
    if (wrong !== undefined) throw new ConversionError(`${at} has invalid metadata: ${wrong.field}: ${wrong.message}`);
  }
  return metadata;
}
