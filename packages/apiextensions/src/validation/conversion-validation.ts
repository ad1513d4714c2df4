import {
  dns1035LabelErrors,
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '@canopy/apimachinery';
import type { CrdConversion, WebhookClientConfig } from '../definition/crd-object.ts';

/** Versions of ConversionReview that the server speaks, preferred first. */
export const acceptedReviewVersions: readonly string[] = ['v1'];

/** Errors of `spec.conversion`. */
export function validateConversion(conversion: CrdConversion, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { strategy, webhook } = conversion;
  if (!strategy) errors.push(required(`${at}.strategy`));
  else if (strategy !== 'None' && strategy !== 'Webhook') {
    errors.push(notSupported(`${at}.strategy`, strategy, ['None', 'Webhook']));
  }
  if (strategy !== 'Webhook') {
    if (webhook !== undefined && webhook !== null) {
      errors.push(forbiddenField(`${at}.webhook`, 'should not be set when strategy is not set to Webhook'));
    }
    return errors;
  }
  const config = webhook?.clientConfig;
  if (config === undefined || config === null) {
    errors.push(required(`${at}.webhook.clientConfig`, 'required when strategy is set to Webhook'));
  } else checkClientConfig(config, `${at}.webhook.clientConfig`, errors);
  checkReviewVersions(webhook?.conversionReviewVersions ?? [], `${at}.webhook.conversionReviewVersions`, errors);
  return errors;
}

function checkClientConfig(config: WebhookClientConfig, at: string, errors: FieldError[]): void {
  const hasUrl = config.url !== undefined && config.url !== null;
  const hasService = config.service !== undefined && config.service !== null;
  if (hasUrl === hasService) errors.push(required(at, 'exactly one of url or service is required'));
  if (hasUrl) checkWebhookUrl(config.url as string, `${at}.url`, errors);
  if (hasService) {
    const { name, namespace, port, path } = config.service as NonNullable<WebhookClientConfig['service']>;
    if (!name) errors.push(required(`${at}.service.name`, 'service name is required'));
    if (!namespace) errors.push(required(`${at}.service.namespace`, 'service namespace is required'));
    if (port !== undefined && (port < 1 || port > 65535)) {
      errors.push(
        invalidValue(`${at}.service.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'),
      );
    }
    if (path !== undefined && path !== '' && !path.startsWith('/')) {
      errors.push(invalidValue(`${at}.service.path`, path, "must start with a '/'"));
    }
  }
}

const desired = 'desired format: https://host[/path]';

/** Webhooks are called over https, at a plain URL: no user, query or fragment. */
export function checkWebhookUrl(text: string, field: string, errors: FieldError[]): void {
  if (!URL.canParse(text)) {
    errors.push(required(field, `url must be a valid URL: ${text}; ${desired}`));
    return;
  }
  const url = new URL(text);
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'https')
    errors.push(invalidValue(field, scheme, `'https' is the only allowed URL scheme; ${desired}`));
  if (url.host === '') errors.push(invalidValue(field, url.host, `host must be specified; ${desired}`));
  if (url.username !== '' || url.password !== '') {
    errors.push(invalidValue(field, url.username, 'user information is not permitted in the URL'));
  }
  if (url.hash !== '') errors.push(invalidValue(field, url.hash.slice(1), 'fragments are not permitted in the URL'));
  if (url.search !== '')
    errors.push(invalidValue(field, url.search.slice(1), 'query parameters are not permitted in the URL'));
}

function checkReviewVersions(versions: readonly string[], at: string, errors: FieldError[]): void {
  if (versions.length === 0) {
    errors.push(required(at));
    return;
  }
  const seen = new Set<string>();
  versions.forEach((version, index) => {
    const field = `${at}[${index}]`;
    if (seen.has(version)) errors.push(invalidValue(field, version, 'duplicate version'));
    seen.add(version);
    for (const error of dns1035LabelErrors(version)) errors.push(invalidValue(field, version, error));
  });
  if (!versions.some((version) => acceptedReviewVersions.includes(version))) {
    errors.push(invalidValue(at, versions, `must include at least one of ${acceptedReviewVersions.join(', ')}`));
  }
}
