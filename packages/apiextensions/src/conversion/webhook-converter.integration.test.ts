import type { KubeObject } from '@canopy/apimachinery';
import { afterEach, describe, expect, it } from 'vitest';
import { startWebhookServer, type WebhookAnswer, type WebhookServer } from '../testing/webhook-server.ts';
import { ConversionError, type ConversionRequest } from './conversion-review.ts';
import { type WebhookConverterOptions, webhookConverter } from './webhook-converter.ts';

interface Review {
  request: ConversionRequest;
}

const servers: WebhookServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serverWith(answer: (review: Review) => WebhookAnswer | undefined): Promise<WebhookServer> {
  const server = await startWebhookServer(answer);
  servers.push(server);
  return server;
}

function converterFor(server: WebhookServer, options: Partial<WebhookConverterOptions> = {}) {
  const clientConfig = { url: server.url, caBundle: server.caBundle };
  return webhookConverter({
    definition: 'widgets.example.com',
    conversion: { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } },
    uuid: () => 'review-1',
    ...options,
  });
}

const widget = (name: string, version = 'v1beta1'): KubeObject => ({
  apiVersion: `example.com/${version}`,
  kind: 'Widget',
  metadata: {
    name,
    namespace: 'team',
    uid: `uid-${name}`,
    resourceVersion: '7',
    annotations: { 'kcp.io/cluster': 'root' },
  },
  spec: { colour: 'red' },
});

/** Renames a field, as a webhook of two versions would; `spoil` breaks the response. */
function converted(
  { request }: Review,
  spoil: (response: Record<string, unknown>, objects: KubeObject[]) => void = () => {},
): WebhookAnswer {
  const objects = request.objects.map((object) => {
    const { colour } = object.spec as { colour: string };
    return { ...structuredClone(object), apiVersion: request.desiredAPIVersion, spec: { color: colour } };
  });
  const response: Record<string, unknown> = {
    uid: request.uid,
    result: { status: 'Success' },
    convertedObjects: objects,
  };
  spoil(response, objects);
  return { body: { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response } };
}

describe('webhookConverter', () => {
  it('converts a batch in one call, in order, and leaves the inputs alone', async () => {
    const server = await serverWith((review) => converted(review));
    const objects = [widget('a'), widget('b', 'v1'), widget('c')];
    const result = await converterFor(server).convert(objects, 'example.com/v1');
    expect(result.map((object) => [object.metadata.name, object.apiVersion])).toEqual([
      ['a', 'example.com/v1'],
      ['b', 'example.com/v1'],
      ['c', 'example.com/v1'],
    ]);
    expect(result[0]).toEqual({ ...widget('a'), apiVersion: 'example.com/v1', spec: { color: 'red' } });
    expect(objects[0]).toEqual(widget('a'));
    expect(server.requests).toMatchObject([
      { apiVersion: 'apiextensions.k8s.io/v1', request: { uid: 'review-1', objects: [{}, {}] } },
    ]);
  });

  it('does not call when there is nothing to convert', async () => {
    const server = await serverWith((review) => converted(review));
    await converterFor(server).convert([widget('a', 'v1')], 'example.com/v1');
    expect(server.requests).toEqual([]);
  });

  it('takes labels and annotations from the webhook, and nothing else of metadata', async () => {
    const server = await serverWith((review) =>
      converted(review, (_, [object]) => {
        object!.metadata = {
          ...object!.metadata,
          labels: { migrated: 'yes' },
          finalizers: ['a/b'],
          resourceVersion: '99',
        };
      }),
    );
    const [result] = await converterFor(server).convert([widget('a')], 'example.com/v1');
    expect(result?.metadata).toEqual({ ...widget('a').metadata, labels: { migrated: 'yes' } });
  });

  it.each<[string, (response: Record<string, unknown>, objects: KubeObject[]) => void, string]>([
    ['another uid', (response) => (response.uid = 'other'), 'expected response.uid "review-1", got "other"'],
    ['a failure', (response) => (response.result = { status: 'Failed', message: 'no way' }), 'no way'],
    ['too few objects', (_, objects) => objects.pop(), 'expected 1 converted objects, got 0'],
    ['another version', (_, [object]) => (object!.apiVersion = 'example.com/v2'), 'has apiVersion "example.com/v2"'],
    ['another kind', (_, [object]) => (object!.kind = 'Gadget'), 'has kind "Gadget"'],
    ['another name', (_, [object]) => (object!.metadata.name = 'b'), 'metadata.name'],
    ['another uid of the object', (_, [object]) => (object!.metadata.uid = 'b'), 'metadata.uid'],
    ['labels that are none', (_, [object]) => (object!.metadata.labels = { a: '!' }), 'invalid metadata'],
  ])('refuses a response with %s', async (_, spoil, message) => {
    const server = await serverWith((review) => converted(review, spoil));
    const attempt = converterFor(server).convert([widget('a')], 'example.com/v1');
    await expect(attempt).rejects.toThrow(ConversionError);
    await expect(attempt).rejects.toThrow(message);
  });

  it('refuses what is no review, and answers other than 200', async () => {
    const noJson = await serverWith(() => ({ body: '<html>' }));
    await expect(converterFor(noJson).convert([widget('a')], 'example.com/v1')).rejects.toThrow('no JSON');
    const failing = await serverWith(() => ({ status: 500, body: {} }));
    await expect(converterFor(failing).convert([widget('a')], 'example.com/v1')).rejects.toThrow('status 500');
  });

  it('gives up on a webhook that does not answer', async () => {
    const server = await serverWith(() => undefined);
    await expect(converterFor(server, { timeoutMs: 50 }).convert([widget('a')], 'example.com/v1')).rejects.toThrow(
      'conversion webhook for widgets.example.com failed',
    );
  });

  it('does not read more than it is willing to', async () => {
    const server = await serverWith(() => ({ body: 'x'.repeat(10_000) }));
    await expect(
      converterFor(server, { maxResponseBytes: 1000 }).convert([widget('a')], 'example.com/v1'),
    ).rejects.toThrow('larger than 1000 bytes');
  });

  it('trusts no certificate but those of the bundle', async () => {
    const server = await serverWith((review) => converted(review));
    const stranger = await serverWith((review) => converted(review));
    const converter = converterFor({ ...server, caBundle: stranger.caBundle });
    await expect(converter.convert([widget('a')], 'example.com/v1')).rejects.toThrow(ConversionError);
    expect(server.requests).toEqual([]);
  });

  it('cannot call services of a cluster', async () => {
    const server = await serverWith((review) => converted(review));
    const webhook = { clientConfig: { service: { name: 's', namespace: 'n' } }, conversionReviewVersions: ['v1'] };
    const converter = converterFor(server, { conversion: { strategy: 'Webhook', webhook } });
    await expect(converter.convert([widget('a')], 'example.com/v1')).rejects.toThrow('only webhooks with a URL');
  });
});
