import { unsupportedMediaType } from '@canopy/apimachinery';
import { mediaTypeOf } from '../body.ts';
import type { BodyFormat } from './representation.ts';

const accepted = ['application/json', 'application/yaml'];

/** How an object in a request body is written. No Content-Type means JSON; what is not understood, protobuf too, is a 415. */
export function requestBodyFormat(contentType: string | undefined): BodyFormat {
  const mediaType = mediaTypeOf(contentType);
  switch (mediaType) {
    case '':
    case 'application/json':
      return 'json';
    case 'application/yaml':
    case 'application/x-yaml':
      return 'yaml';
    default:
      throw unsupportedMediaType(accepted);
  }
}
