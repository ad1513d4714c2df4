import type { ApiResponse, ResourceCall, SubresourceEndpoint } from '@canopy/apiserver';
import { certificateApprovalStrategy } from '../certificates/certificate-signing-request-strategy.ts';
import { namespaceFinalizeStrategy } from '../core/namespace-strategy.ts';
import { readOrReplace, withStrategy } from './replace-object.ts';
import { handleTokenRequest, type TokenIssuer } from './token-request.ts';

export interface SubresourceEndpointOptions {
  tokens: TokenIssuer;
  /** The generic PATCH handler; gets the call with the strategy of the subresource. */
  patch(call: ResourceCall): Promise<ApiResponse>;
}

/** Subresources of the built-in kinds besides `/status`, by `group/plural`. */
export function subresourceEndpoints(
  options: SubresourceEndpointOptions,
): ReadonlyMap<string, readonly SubresourceEndpoint[]> {
  return new Map<string, readonly SubresourceEndpoint[]>([
    [
      '/namespaces',
      [
        {
          name: 'finalize',
          kind: 'Namespace',
          verbs: ['update'],
          handle: (call) => readOrReplace(call, namespaceFinalizeStrategy),
        },
      ],
    ],
    [
      '/serviceaccounts',
      [
        {
          name: 'token',
          kind: 'TokenRequest',
          group: 'authentication.k8s.io',
          version: 'v1',
          verbs: ['create'],
          handle: (call) => handleTokenRequest(call, options.tokens),
        },
      ],
    ],
    [
      'certificates.k8s.io/certificatesigningrequests',
      [
        {
          name: 'approval',
          kind: 'CertificateSigningRequest',
          verbs: ['get', 'patch', 'update'],
          handle(call) {
            if (call.context.info.verb !== 'patch') return readOrReplace(call, certificateApprovalStrategy);
            return options.patch({ ...call, resource: withStrategy(call, certificateApprovalStrategy) });
          },
        },
      ],
    ],
  ]);
}
