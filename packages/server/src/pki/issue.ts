import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as unknown as Crypto);

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface KeyedCertificate {
  /** PEM. */
  cert: string;
  /** PEM, PKCS #8. */
  key: string;
}

interface Validity {
  /** Milliseconds since the epoch. */
  notBefore: number;
  notAfter: number;
}

/** A self-signed certificate authority. */
export async function issueAuthority(input: Validity & { name: string }): Promise<KeyedCertificate> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=${input.name}`,
    notBefore: new Date(input.notBefore),
    notAfter: new Date(input.notAfter),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: certificate.toString('pem'), key: await privatePem(keys) };
}

/** A TLS server certificate for the given names and addresses. */
export async function issueServing(
  authority: KeyedCertificate,
  input: Validity & { name: string; hosts: readonly string[] },
): Promise<KeyedCertificate> {
  const names = input.hosts.map(
    (host): x509.JsonGeneralName => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }),
  );
  return issue(authority, input, {
    subject: `CN=${input.name}`,
    usage: x509.ExtendedKeyUsage.serverAuth,
    extensions: [new x509.SubjectAlternativeNameExtension(names)],
  });
}

/** A TLS client certificate: the user is the common name, the groups are the organizations. */
export async function issueClient(
  authority: KeyedCertificate,
  input: Validity & { user: string; groups: readonly string[] },
): Promise<KeyedCertificate> {
  const subject: x509.JsonName = [{ CN: [input.user] }, ...input.groups.map((group) => ({ O: [group] }))];
  return issue(authority, input, { subject, usage: x509.ExtendedKeyUsage.clientAuth, extensions: [] });
}

async function issue(
  authority: KeyedCertificate,
  validity: Validity,
  options: { subject: string | x509.JsonName; usage: x509.ExtendedKeyUsage; extensions: x509.Extension[] },
): Promise<KeyedCertificate> {
  const keys = await generateKeys();
  const ca = new x509.X509Certificate(authority.cert);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: options.subject,
    issuer: ca.subjectName,
    notBefore: new Date(validity.notBefore),
    notAfter: new Date(validity.notAfter),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension([options.usage]),
      await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
      ...options.extensions,
    ],
  });
  return { cert: certificate.toString('pem'), key: await privatePem(keys) };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
}

async function privatePem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey as webcrypto.CryptoKey);
  return x509.PemConverter.encode(der, 'PRIVATE KEY');
}

function importKey(pem: string): Promise<CryptoKey> {
  const [der] = x509.PemConverter.decode(pem);
  return webcrypto.subtle.importKey('pkcs8', der as ArrayBuffer, algorithm, false, ['sign']) as Promise<CryptoKey>;
}

/** 127 random bits: positive, as RFC 5280 wants it. */
function serial(): string {
  const bytes = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)));
  bytes[0] = (bytes[0] as number) & 0x7f;
  return bytes.toString('hex');
}
