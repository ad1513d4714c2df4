import { describe, expect, it } from 'vitest';
import { negotiate } from './representation.ts';

const ask = (accept: string | undefined, query = '', streaming = false) =>
  negotiate(accept, { query: new URLSearchParams(query), streaming });

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const tableBeta = 'application/json;as=Table;v=v1beta1;g=meta.k8s.io';

describe('negotiate', () => {
  it.each([
    undefined,
    '',
    '*/*',
    'application/json',
    'application/json, */*',
    'application/*',
    'application/json;stream=watch',
  ])('answers %s with the plain object in JSON', (accept) => {
    expect(ask(accept)).toEqual({
      representation: { kind: 'object' },
      format: 'json',
      contentType: 'application/json',
      pretty: false,
    });
  });

  it('takes the first table version that the client lists', () => {
    expect(ask(`${table},${tableBeta},application/json`).representation).toEqual({
      kind: 'table',
      version: 'v1',
      includeObject: 'Metadata',
    });
    expect(ask(tableBeta).representation).toMatchObject({ kind: 'table', version: 'v1beta1' });
  });

  it('reads includeObject for tables only', () => {
    expect(ask(table, 'includeObject=Object').representation).toMatchObject({ includeObject: 'Object' });
    expect(() => ask(table, 'includeObject=All')).toThrow(/Unsupported value: "All"/);
    expect(ask('application/json', 'includeObject=All').representation).toEqual({ kind: 'object' });
  });

  it.each(['PartialObjectMetadata', 'PartialObjectMetadataList'])(
    'recognises %s, whatever the encoding listed first',
    (as) => {
      const accept = `application/vnd.kubernetes.protobuf;as=${as};g=meta.k8s.io;v=v1,application/json;as=${as};g=meta.k8s.io;v=v1,application/json`;
      expect(ask(accept)).toMatchObject({ representation: { kind: 'partial', version: 'v1' }, format: 'json' });
    },
  );

  it('passes over transformations that it does not know', () => {
    expect(ask('application/json;as=Chart;v=v1;g=meta.k8s.io,application/json').representation).toEqual({
      kind: 'object',
    });
    expect(() => ask('application/json;as=Table;v=v2;g=meta.k8s.io')).toThrow(/only the following media types/);
  });

  it('answers JSON to clients that only take protobuf', () => {
    expect(ask('application/vnd.kubernetes.protobuf')).toMatchObject({
      format: 'json',
      contentType: 'application/json',
    });
    expect(
      ask('application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1').representation.kind,
    ).toBe('partial');
  });

  it('prefers JSON over protobuf when both are listed', () => {
    expect(ask('application/vnd.kubernetes.protobuf,application/json').format).toBe('json');
  });

  it('offers YAML for single answers but not for streams', () => {
    expect(ask('application/yaml')).toMatchObject({ format: 'yaml', contentType: 'application/yaml' });
    expect(() => ask('application/yaml', '', true)).toThrow(
      /only the following media types are accepted: application\/json$/,
    );
  });

  it('refuses what cannot be served', () => {
    expect(() => ask('text/html')).toThrow(expect.objectContaining({ code: 406 }));
  });

  it('honours qualities', () => {
    expect(ask('application/yaml;q=0.5, application/json;q=0.4').format).toBe('yaml');
  });

  it('notes that a clause asks for indented output', () => {
    expect(ask('application/json;pretty=1').pretty).toBe(true);
  });
});
