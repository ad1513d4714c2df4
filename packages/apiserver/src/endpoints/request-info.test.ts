import { describe, expect, it } from 'vitest';
import { parseRequestInfo } from './request-info.ts';

const parse = (method: string, path: string, query = '') => parseRequestInfo(method, path, new URLSearchParams(query));

describe('a resource path', () => {
  it.each([
    [
      'GET',
      '/api/v1/namespaces/ns/configmaps/a',
      '',
      { verb: 'get', resource: 'configmaps', namespace: 'ns', name: 'a', group: '' },
    ],
    ['GET', '/api/v1/namespaces/ns/configmaps', '', { verb: 'list', namespace: 'ns', name: '' }],
    ['GET', '/api/v1/configmaps', 'watch=true', { verb: 'watch', namespace: '' }],
    ['GET', '/api/v1/configmaps', 'watch=1', { verb: 'watch' }],
    ['GET', '/api/v1/configmaps', 'watch=false', { verb: 'list' }],
    ['GET', '/api/v1/watch/configmaps', '', { verb: 'watch', resource: 'configmaps' }],
    ['POST', '/apis/a.b/v1/xs', '', { verb: 'create', group: 'a.b', version: 'v1', resource: 'xs' }],
    ['PUT', '/apis/a.b/v1/xs/n/status', '', { verb: 'update', name: 'n', subresource: 'status' }],
    ['PATCH', '/apis/a.b/v1/xs/n', '', { verb: 'patch' }],
    ['DELETE', '/apis/a.b/v1/xs', '', { verb: 'deletecollection' }],
    ['DELETE', '/apis/a.b/v1/xs/n', '', { verb: 'delete' }],
    ['GET', '/api/v1/namespaces/ns', '', { resource: 'namespaces', name: 'ns', namespace: 'ns', verb: 'get' }],
    ['PUT', '/api/v1/namespaces/ns/finalize', '', { resource: 'namespaces', name: 'ns', subresource: 'finalize' }],
    ['GET', '/api/v1/namespaces/ns/status', '', { resource: 'namespaces', subresource: 'status' }],
    ['GET', '/apis/a.b/v1/xs:abc123', '', { resource: 'xs', identity: 'abc123', verb: 'list' }],
    ['GET', '/apis/a.b/v1/xs/a%2Fb', '', { name: 'a/b' }],
  ])('%s %s?%s', (method, path, query, expected) => {
    expect(parse(method, path, query)).toMatchObject({ resourceRequest: true, ...expected });
  });
});

describe('any other path', () => {
  it.each(['/', '/api', '/api/v1', '/apis', '/apis/a.b', '/apis/a.b/v1', '/version', '/openapi/v3/apis/a.b/v1'])(
    '%s is no resource request',
    (path) => {
      expect(parse('GET', path)).toMatchObject({ resourceRequest: false, verb: 'get', path });
    },
  );

  it('survives broken percent-encoding', () => {
    expect(parse('GET', '/api/v1/configmaps/%zz')).toMatchObject({
      resourceRequest: true,
      resource: 'configmaps',
      name: '%zz',
    });
  });
});
