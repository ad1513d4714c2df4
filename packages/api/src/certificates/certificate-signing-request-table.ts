import type { KubeObject } from '@canopy/apimachinery';
import { humanDuration } from '@canopy/apimachinery';
import { ageOf } from '../tables/age.ts';
import type { Cell } from '../tables/table-cells.ts';
import type { CertificateSigningRequest } from './certificate-signing-request.ts';

const none = '<none>';

/** Cells of Age, SignerName, Requestor, RequestedDuration, Condition. */
export function certificateSigningRequestCells(object: KubeObject, now: number): Cell[] {
  const request = object as unknown as CertificateSigningRequest;
  const seconds = request.spec?.expirationSeconds;
  return [
    ageOf(request.metadata.creationTimestamp, now),
    request.spec?.signerName || none,
    request.spec?.username ?? '',
    seconds === undefined || seconds === null ? none : humanDuration(seconds * 1000),
    conditionOf(request),
  ];
}

function conditionOf({ status }: CertificateSigningRequest): string {
  const types = new Set((status?.conditions ?? []).map((condition) => condition.type));
  let text = 'Pending';
  if (types.has('Denied')) text = 'Denied';
  else if (types.has('Approved')) text = 'Approved';
  if (types.has('Failed')) text += ',Failed';
  if (status?.certificate !== undefined && status.certificate !== '') text += ',Issued';
  return text;
}
