import { deepEqual, forbidden } from '@canopy/apimachinery';
import { type AdmissionPlugin, type AdmissionRequest, type Authorizer, groupResourceOf } from '@canopy/apiserver';
import {
  type CertificateSigningRequestObject,
  parseCertificateRequest,
  requestedOrganizations,
} from './certificate-request.ts';

function isCertificateRequest(request: AdmissionRequest): boolean {
  const { group, names } = request.resource.declaration;
  return group === 'certificates.k8s.io' && names.plural === 'certificatesigningrequests';
}

/** Whether the user has `verb` on the signer itself or on all signers of its domain. */
async function maySign(
  request: AdmissionRequest,
  authorizer: Authorizer,
  verb: string,
  signerName: string,
): Promise<boolean> {
  const slash = signerName.indexOf('/');
  const names = slash === -1 ? [signerName] : [signerName, `${signerName.slice(0, slash)}/*`];
  for (const name of names) {
    const { decision } = await authorizer.authorize({
      user: request.user,
      cluster: request.access.cluster,
      wildcard: false,
      verb,
      resourceRequest: true,
      group: 'certificates.k8s.io',
      version: '*',
      resource: 'signers',
      subresource: '',
      namespace: '',
      name,
      path: '',
    });
    if (decision === 'allow') return true;
  }
  return false;
}

/** `CertificateApproval`: approving needs the verb `approve` on the signer. */
export function certificateApproval(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    handles: (request) =>
      isCertificateRequest(request) && request.operation === 'UPDATE' && request.subresource === 'approval',
    async validate(request) {
      const signerName = (request.old as CertificateSigningRequestObject).spec.signerName ?? '';
      if (await maySign(request, authorizer, 'approve', signerName)) return;
      throw forbidden(
        groupResourceOf(request.resource),
        request.name,
        `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`,
      );
    },
  };
}

/** `CertificateSigning`: issuing a certificate, or failing to, needs the verb `sign` on the signer. */
export function certificateSigning(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    handles: (request) =>
      isCertificateRequest(request) && request.operation === 'UPDATE' && request.subresource === 'status',
    async validate(request) {
      const old = request.old as CertificateSigningRequestObject;
      const { status } = request.object as CertificateSigningRequestObject;
      const sameCertificate = (status?.certificate ?? '') === (old.status?.certificate ?? '');
      if (sameCertificate && deepEqual(status?.conditions ?? [], old.status?.conditions ?? [])) return;
      const signerName = old.spec.signerName ?? '';
      if (await maySign(request, authorizer, 'sign', signerName)) return;
      throw forbidden(
        groupResourceOf(request.resource),
        request.name,
        `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`,
      );
    },
  };
}

const clientSigner = 'kubernetes.io/kube-apiserver-client';
const mastersGroup = 'system:masters';

/** `CertificateSubjectRestriction`: nobody asks the client signer for a certificate of the group that may do anything. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  handles: (request) => isCertificateRequest(request) && request.operation === 'CREATE' && request.subresource === '',
  validate(request) {
    const { spec } = request.object as CertificateSigningRequestObject;
    if (spec?.signerName !== clientSigner) return;
    const gr = groupResourceOf(request.resource);
    let organizations: string[];
    try {
      organizations = requestedOrganizations(parseCertificateRequest(spec.request ?? ''));
    } catch (error) {
      throw forbidden(gr, request.name, `unable to parse the request: ${(error as Error).message}`);
    }
    if (!organizations.includes(mastersGroup)) return;
    throw forbidden(gr, request.name, `use of ${clientSigner} signer with ${mastersGroup} group is not allowed`);
  },
};
