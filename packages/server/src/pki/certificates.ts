import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import path from 'node:path';
import { readFileIfAny, writePrivateFile } from './private-file.ts';

export interface ServingCertificate {
  /** PEM of the certificate and of the CA that signed it. */
  cert: string;
  key: string;
  /** PEM of the CA. */
  ca: string;
}

const day = 24 * 3600 * 1000;
const authorityDays = 3650;
const servingDays = 365;
const renewBeforeDays = 30;
/** So far back the time may be set without certificates being of the future. */
const backdatedDays = 2;

/**
 * The server's certificate, from files in the root directory; made, or made anew when it is about to expire or does not
 * name all hosts. The CA stays. Loading is a matter of reading files; the X.509 library is only loaded to issue.
 */
export async function servingCertificate(
  rootDirectory: string,
  hosts: readonly string[],
  now: number,
): Promise<ServingCertificate> {
  const file = (name: string): string => path.join(rootDirectory, name);
  const ca = readFileIfAny(file('ca.crt'));
  const [cert, key] = [readFileIfAny(file('serving.crt')), readFileIfAny(file('serving.key'))];
  if (ca !== undefined && cert !== undefined && key !== undefined && isUsable({ cert, key, ca }, hosts, now))
    return { cert, key, ca };
  const { issueServing } = await import('./issue.ts');
  const signer = await authority(rootDirectory, now);
  const issued = await issueServing(signer, {
    name: hosts[0] ?? 'localhost',
    hosts,
    notBefore: now - backdatedDays * day,
    notAfter: now + servingDays * day,
  });
  const chain = `${issued.cert.trim()}\n${signer.cert.trim()}\n`;
  writePrivateFile(file('serving.key'), issued.key);
  writePrivateFile(file('serving.crt'), chain);
  return { cert: chain, key: issued.key, ca: signer.cert };
}

/** The CA in the root directory: made when there is none, or anew when it is about to expire. */
export async function authority(rootDirectory: string, now: number): Promise<{ cert: string; key: string }> {
  const [certFile, keyFile] = [path.join(rootDirectory, 'ca.crt'), path.join(rootDirectory, 'ca.key')];
  const [cert, key] = [readFileIfAny(certFile), readFileIfAny(keyFile)];
  if (cert !== undefined && key !== undefined && lastsLonger(cert, now)) return { cert, key };
  const { issueAuthority } = await import('./issue.ts');
  const made = await issueAuthority({
    name: 'canopy-ca',
    notBefore: now - backdatedDays * day,
    notAfter: now + authorityDays * day,
  });
  writePrivateFile(keyFile, made.key);
  writePrivateFile(certFile, made.cert);
  return made;
}

/** The key may be newer than the certificate: a crash between writing the two must not stop the next start. */
function isUsable({ cert, key, ca }: ServingCertificate, hosts: readonly string[], now: number): boolean {
  const certificate = new X509Certificate(cert);
  if (!lastsLonger(cert, now) || !lastsLonger(ca, now) || Date.parse(certificate.validFrom) > now) return false;
  if (!certificate.verify(new X509Certificate(ca).publicKey)) return false;
  if (!certificate.checkPrivateKey(createPrivateKey(key))) return false;
  return hosts.every(
    (host) => (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined,
  );
}

function lastsLonger(pem: string, now: number): boolean {
  return Date.parse(new X509Certificate(pem).validTo) - now >= renewBeforeDays * day;
}
