import { generateKeyPairSync } from 'node:crypto';
import path from 'node:path';
import { readFileIfAny, writePrivateFile } from './private-file.ts';

/** The key that signs ServiceAccount tokens: `sa.key` in the root directory, made on the first start. PEM, P-256. */
export function serviceAccountKey(rootDirectory: string): string {
  const file = path.join(rootDirectory, 'sa.key');
  const known = readFileIfAny(file);
  if (known !== undefined) return known;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  writePrivateFile(file, pem);
  return pem;
}
