import { describe, expect, it } from 'vitest';
import { requestBodyFormat } from './request-body.ts';

describe('requestBodyFormat', () => {
  it.each([
    [undefined, 'json'],
    ['application/json; charset=utf-8', 'json'],
    ['Application/YAML', 'yaml'],
    ['application/x-yaml', 'yaml'],
  ])('reads %s as %s', (contentType, format) => {
    expect(requestBodyFormat(contentType)).toBe(format);
  });

  it.each(['application/vnd.kubernetes.protobuf', 'text/plain', 'application/json-patch+json'])(
    'answers 415 to %s',
    (contentType) => {
      expect(() => requestBodyFormat(contentType)).toThrow(
        expect.objectContaining({ code: 415, message: expect.stringContaining('application/json, application/yaml') }),
      );
    },
  );
});
