import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { AuthenticationResult, Authenticator } from './authenticator.ts';

/** Client authentication, and any purpose. */
const clientUsages = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0'];
const pemPattern = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * TLS client certificates: common name → user, organizations → groups. The certificate must chain to the given CAs, be
 * valid now and allowed for client authentication. The verdict is kept per connection.
 */
export function x509Authenticator(caBundle: string, now: () => number): Authenticator {
  const authorities = (caBundle.match(pemPattern) ?? []).map((pem) => new X509Certificate(pem));
  const verdicts = new WeakMap<TLSSocket, { result: AuthenticationResult; until: number }>();
  return {
    name: 'x509',
    async authenticate({ socket }) {
      if (socket === undefined || typeof socket.getPeerX509Certificate !== 'function') return { outcome: 'absent' };
      const known = verdicts.get(socket);
      if (known !== undefined && known.until > now()) return known.result;
      const certificate = socket.getPeerX509Certificate();
      if (certificate === undefined) return { outcome: 'absent' };
      const result = judge(certificate, socket, authorities, now());
      verdicts.set(socket, { result, until: Date.parse(certificate.validTo) });
      return result;
    },
  };
}

function judge(
  certificate: X509Certificate,
  socket: TLSSocket,
  authorities: readonly X509Certificate[],
  now: number,
): AuthenticationResult {
  const rejected = (reason: string): AuthenticationResult => ({ outcome: 'rejected', reason });
  if (!isValidNow(certificate, now)) return rejected('the client certificate is expired or not yet valid');
  if (!chainsTo(certificate, intermediatesOf(certificate, socket), authorities, now)) {
    return rejected('the client certificate is signed by an unknown authority');
  }
  const usages = certificate.keyUsage as string[] | undefined;
  if (usages !== undefined && !clientUsages.some((usage) => usages.includes(usage)))
    return rejected('the certificate is not for client authentication');
  const subject = subjectOf(certificate.subject);
  const name = subject.get('CN')?.at(-1);
  if (name === undefined) return rejected('the client certificate has no common name');
  return { outcome: 'authenticated', user: { name, groups: subject.get('O') ?? [] }, authenticator: 'x509' };
}

function isValidNow(certificate: X509Certificate, now: number): boolean {
  return Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo);
}

/** What the client sent along, leaf excluded. */
function intermediatesOf(leaf: X509Certificate, socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let at = socket.getPeerCertificate(true) as { raw?: Buffer; issuerCertificate?: unknown } | undefined;
  const seen = new Set<string>([leaf.fingerprint256]);
  while (at?.issuerCertificate !== undefined && chain.length < 8) {
    at = at.issuerCertificate as typeof at;
    if (at?.raw === undefined) break;
    const certificate = new X509Certificate(at.raw);
    if (seen.has(certificate.fingerprint256)) break;
    seen.add(certificate.fingerprint256);
    chain.push(certificate);
  }
  return chain;
}

function chainsTo(
  leaf: X509Certificate,
  intermediates: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  now: number,
): boolean {
  let current = leaf;
  for (let depth = 0; depth <= intermediates.length; depth++) {
    const root = authorities.find(
      (ca) => ca.ca && isValidNow(ca, now) && current.checkIssued(ca) && current.verify(ca.publicKey),
    );
    if (root !== undefined) return true;
    const next = intermediates.find(
      (ca) => ca.ca && isValidNow(ca, now) && current.checkIssued(ca) && current.verify(ca.publicKey),
    );
    if (next === undefined) return false;
    current = next;
  }
  return false;
}

/**
 * `node:crypto` gives the subject as `KEY=value` lines, several attributes of one RDN joined by ` + `. In values a
 * backslash escapes one character or a byte in hex, so that no value can pretend to be an attribute (RFC 4514).
 */
function subjectOf(text: string): Map<string, string[]> {
  const subject = new Map<string, string[]>();
  for (const attribute of text.split(/\n| \+ (?=[A-Za-z0-9.]+=)/)) {
    const equals = attribute.indexOf('=');
    if (equals <= 0) continue;
    const key = attribute.slice(0, equals);
    subject.set(key, [...(subject.get(key) ?? []), unescapeValue(attribute.slice(equals + 1))]);
  }
  return subject;
}

function unescapeValue(value: string): string {
  return value.replace(/\\([0-9A-Fa-f]{2})|\\(.)/g, (_match, hex: string | undefined, character: string) =>
    hex === undefined ? character : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
