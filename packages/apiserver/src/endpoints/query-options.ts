import { badRequest, parseFieldSelector, parseLabelSelector } from '@canopy/apimachinery';
import type { ListOptions } from '../registry/list.ts';

export function booleanOption(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value === null || value === '' || value === 'false' || value === '0') return value === '';
  if (value === 'true' || value === '1') return true;
  throw badRequest(`${name}: Invalid value: ${JSON.stringify(value)}: must be true or false`);
}

export function integerOption(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^-?\d{1,10}$/.test(value))
    throw badRequest(`${name}: Invalid value: ${JSON.stringify(value)}: must be an integer`);
  return Number(value);
}

/** `dryRun=All` is the only value there is. */
export function dryRunOption(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun').filter((value) => value !== '');
  for (const value of values) {
    if (value !== 'All')
      throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(value)}: supported values: "All"`);
  }
  return values.length > 0;
}

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export function fieldValidationOption(query: URLSearchParams): FieldValidation {
  const value = query.get('fieldValidation');
  if (value === null || value === '') return 'Warn';
  if (value === 'Ignore' || value === 'Warn' || value === 'Strict') return value;
  throw badRequest(
    `fieldValidation: Unsupported value: ${JSON.stringify(value)}: supported values: "Ignore", "Warn", "Strict"`,
  );
}

const maxManagerLength = 128;

/** The `fieldManager` parameter, else the first part of the user agent, as Kubernetes derives it. */
export function fieldManagerOption(query: URLSearchParams, userAgent: string | undefined): string {
  const value = query.get('fieldManager');
  if (value !== null && value !== '') {
    if (value.length > maxManagerLength)
      throw badRequest(`fieldManager: Too long: may not be more than ${maxManagerLength} bytes`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what is refused are the characters that do not print
    if (/[\u0000-\u001f\u007f]/.test(value))
      throw badRequest(
        `fieldManager: Invalid value: ${JSON.stringify(value)}: should only contain printable characters`,
      );
    return value;
  }
  const product = (userAgent ?? '').split('/')[0] ?? '';
  return product === '' ? 'unknown' : product.slice(0, maxManagerLength);
}

export function selectorsOf(query: URLSearchParams): Pick<ListOptions, 'labels' | 'fields'> {
  const labels = query.get('labelSelector');
  const fields = query.get('fieldSelector');
  return {
    labels: labels === null || labels === '' ? undefined : parseLabelSelector(labels),
    fields: fields === null || fields === '' ? undefined : parseFieldSelector(fields),
  };
}

export function listOptionsOf(query: URLSearchParams): ListOptions {
  const match = query.get('resourceVersionMatch') ?? '';
  if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan') {
    throw badRequest(
      `resourceVersionMatch: Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan"`,
    );
  }
  return {
    ...selectorsOf(query),
    limit: Math.max(0, integerOption(query, 'limit') ?? 0),
    continueToken: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: match,
  };
}
