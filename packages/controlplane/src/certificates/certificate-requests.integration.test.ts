import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import type { KubeObject } from '@canopy/apimachinery';
import type { Authorizer } from '@canopy/apiserver';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import { beforeAll, describe, expect, it } from 'vitest';
import { TestCluster } from '../testing/test-registry.ts';
import { certificateSigning, certificateSubjectRestriction } from './certificate-admission.ts';

const key = 'certificates.k8s.io/certificatesigningrequests';
const requests = new Map<string, string>();

async function pemOf(subject: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as never;
  const request = await Pkcs10CertificateRequestGenerator.create(
    { name: subject, keys, signingAlgorithm: algorithm },
    webcrypto as never,
  );
  return Buffer.from(request.toString('pem')).toString('base64');
}

beforeAll(async () => {
  for (const subject of ['CN=alice,O=team', 'CN=root,O=system:masters']) requests.set(subject, await pemOf(subject));
});

function csr(subject: string, spec: object = {}): KubeObject {
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'csr' },
    spec: {
      request: requests.get(subject),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
      ...spec,
    },
  };
}

const only = (allowed: string): Authorizer => ({
  name: 'test',
  authorize: async ({ verb, resource, name }) => ({
    decision: `${verb} ${resource} ${name}` === allowed ? 'allow' : 'no-opinion',
    reason: '',
    authorizer: 'test',
  }),
});

describe('certificate signing requests', () => {
  it('are stamped with who asks, whatever the client says', async () => {
    const cluster = await TestCluster.start();
    const created = await cluster.create(
      key,
      csr('CN=alice,O=team', { username: 'mallory', groups: ['system:masters'] }),
    );
    expect(created.spec).toMatchObject({ username: 'alice', groups: ['team'] });
  });

  it('must hold a request, a signer and usages', async () => {
    const cluster = await TestCluster.start();
    const wrong = csr('CN=alice,O=team', {
      request: Buffer.from('no pem').toString('base64'),
      signerName: 'x',
      expirationSeconds: 5,
    });
    const error = (await cluster.create(key, wrong).catch((e: unknown) => e)) as {
      details: { causes: { field: string }[] };
    };
    expect(error.details.causes.map((cause) => cause.field)).toEqual([
      'spec.request',
      'spec.signerName',
      'spec.expirationSeconds',
    ]);
  });

  it('never change what they ask for', async () => {
    const cluster = await TestCluster.start();
    const object = csr('CN=alice,O=team');
    await cluster.create(key, object);
    const updated = await cluster.update(key, csr('CN=alice,O=team'), (live) => {
      live.spec = { ...(live.spec as object), usages: ['any'] };
      live.metadata.labels = { a: 'b' };
    });
    expect(updated).toMatchObject({ spec: { usages: ['client auth'] }, metadata: { labels: { a: 'b' } } });
  });

  it('are not signed for the group that may do anything', async () => {
    const cluster = await TestCluster.start(() => [certificateSubjectRestriction]);
    await expect(cluster.create(key, csr('CN=root,O=system:masters'))).rejects.toMatchObject({ code: 403 });
    await expect(cluster.create(key, csr('CN=alice,O=team'))).resolves.toBeDefined();
  });

  it('get their certificate from those who may sign for the signer or its domain', async () => {
    const sign = async (allowed: string) => {
      const cluster = await TestCluster.start(() => [certificateSigning(only(allowed))]);
      await cluster.create(key, csr('CN=alice,O=team'));
      const certificate = Buffer.from('-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n').toString(
        'base64',
      );
      return cluster.update(key, csr('CN=alice,O=team'), (live) => (live.status = { certificate }), 'status');
    };
    await expect(sign('sign signers example.com/other')).rejects.toMatchObject({ code: 403 });
    await expect(sign('sign signers kubernetes.io/*')).resolves.toHaveProperty('status.certificate');
  });
});
