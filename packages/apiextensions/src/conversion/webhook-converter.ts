import { request as httpsRequest, type RequestOptions } from 'node:https';
import { rootCertificates } from 'node:tls';
import type { KubeObject } from '@canopy/apimachinery';
import type { CrdConversion, WebhookClientConfig } from '../definition/crd-object.ts';
import { ConversionError, decodeReview, encodeReview } from './conversion-review.ts';

export interface WebhookConverterOptions {
  /** For messages: `widgets.example.com`. */
  definition: string;
  conversion: CrdConversion;
  /** Unique ids of requests. */
  uuid(): string;
  /** Milliseconds for one call, connection included. Kubernetes: 30 s. */
  timeoutMs?: number;
  /** Largest response in bytes. */
  maxResponseBytes?: number;
}

const defaultTimeoutMs = 30_000;
const defaultMaxResponseBytes = 64 * 1024 * 1024;

/** Converts objects between versions by asking the webhook of a definition. */
export interface ObjectConverter {
  /**
   * Objects in `apiVersion`, in the same order; those that are in it already are not sent. The inputs are left alone.
   *
   * @throws ConversionError
   */
  convert(objects: readonly KubeObject[], apiVersion: string): Promise<KubeObject[]>;
}

/** Calls the webhook at the URL of `conversion`; in-cluster services do not exist here and are refused when called. */
export function webhookConverter(options: WebhookConverterOptions): ObjectConverter {
  const { definition } = options;
  return {
    async convert(objects, apiVersion) {
      const pending = objects.filter((object) => object.apiVersion !== apiVersion);
      if (pending.length === 0) return [...objects];
      try {
        const request = { uid: options.uuid(), desiredAPIVersion: apiVersion, objects: pending };
        const converted = decodeReview(await post(encodeReview(request), options), request);
        let next = 0;
        return objects.map((object) => (object.apiVersion === apiVersion ? object : (converted[next++] as KubeObject)));
      } catch (error) {
        throw new ConversionError(`conversion webhook for ${definition} failed: ${(error as Error).message}`, {
          cause: error,
        });
      }
    },
  };
}

function targetOf(config: WebhookClientConfig | null | undefined): { url: URL; ca: string[] } {
  if (!config?.url) throw new ConversionError('only webhooks with a URL can be called');
  const bundle = config.caBundle ? Buffer.from(config.caBundle, 'base64').toString('latin1') : '';
  return { url: new URL(config.url), ca: bundle === '' ? [...rootCertificates] : [bundle] };
}

function post(body: string, options: WebhookConverterOptions): Promise<string> {
  const { url, ca } = targetOf(options.conversion.webhook?.clientConfig);
  const requestOptions: RequestOptions = {
    method: 'POST',
    ca,
    agent: false,
    signal: AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs),
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      'content-length': Buffer.byteLength(body),
    },
  };
  const limit = options.maxResponseBytes ?? defaultMaxResponseBytes;
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, requestOptions, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.byteLength;
        chunks.push(chunk);
        if (size <= limit) return;
        reject(new ConversionError(`the response is larger than ${limit} bytes`));
        request.destroy();
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(new ConversionError(`the webhook answered with status ${response.statusCode}`));
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
