import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

const iterations = 4_096;

/**
 * What PostgreSQL stores of a password (RFC 5803, `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`). Handed over
 * in place of the password, it keeps that out of the server's logs. For printable ASCII, which SASLprep leaves as it is.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  return verifierOf(password, salt, iterations);
}

/** Whether the password is the one that the verifier was made of; false for verifiers of other kinds. */
export function matchesVerifier(password: string, verifier: string): boolean {
  const match = /^SCRAM-SHA-256\$(\d{1,7}):([A-Za-z0-9+/=]+)\$/.exec(verifier);
  if (match === null) return false;
  const again = Buffer.from(verifierOf(password, Buffer.from(match[2]!, 'base64'), Number(match[1])));
  const given = Buffer.from(verifier);
  return again.length === given.length && timingSafeEqual(again, given);
}

function verifierOf(password: string, salt: Buffer, rounds: number): string {
  const salted = pbkdf2Sync(password, salt, rounds, 32, 'sha256');
  const keyed = (label: string) => createHmac('sha256', salted).update(label).digest();
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${rounds}:${salt.toString('base64')}$${storedKey}:${keyed('Server Key').toString('base64')}`;
}
