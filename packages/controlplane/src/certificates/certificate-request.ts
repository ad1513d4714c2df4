import { createRequire } from 'node:module';
import type { KubeObject } from '@canopy/apimachinery';
import type { Pkcs10CertificateRequest } from '@peculiar/x509';

export interface CertificateCondition {
  type: string;
  status?: string;
  reason?: string;
  message?: string;
  lastUpdateTime?: string | null;
  lastTransitionTime?: string | null;
}

/** A CertificateSigningRequest, as far as this package looks into it. */
export interface CertificateSigningRequestObject extends KubeObject {
  spec: {
    /** PEM in base64. */
    request?: string;
    signerName?: string;
    expirationSeconds?: number | null;
    usages?: string[];
    username?: string;
    uid?: string;
    groups?: string[];
    extra?: Record<string, string[]>;
  };
  status?: { conditions?: CertificateCondition[]; certificate?: string };
}

const require = createRequire(import.meta.url);

/** Loaded when the first request is looked into: most processes never see one, and it is large. */
function library(): typeof import('@peculiar/x509') {
  require('reflect-metadata');
  return require('@peculiar/x509') as typeof import('@peculiar/x509');
}

const requestBlock =
  /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]*)-----END (?:NEW )?CERTIFICATE REQUEST-----/;

/**
 * The certificate request in `spec.request`.
 *
 * @throws Error when it is no PEM block of a PKCS #10 request
 */
export function parseCertificateRequest(request: string): Pkcs10CertificateRequest {
  const match = requestBlock.exec(Buffer.from(request, 'base64').toString('latin1'));
  if (match === null) throw new Error('PEM block type must be CERTIFICATE REQUEST');
  return new (library().Pkcs10CertificateRequest)(Buffer.from(match[1] as string, 'base64'));
}

/** Organizations (O) of the requested subject: the groups of a client certificate. */
export function requestedOrganizations(request: Pkcs10CertificateRequest): string[] {
  return request.subjectName.getField('O');
}
