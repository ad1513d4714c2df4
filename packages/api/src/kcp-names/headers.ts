/** HTTP headers, in lower case. */
export const remoteUserHeader = 'x-remote-user';
export const remoteGroupHeader = 'x-remote-group';
export const remoteExtraHeaderPrefix = 'x-remote-extra-';
export const shardedRequestHeader = 'x-kubernetes-sharded-request';
export const deepSubjectAccessReviewHeader = 'x-kcp-internal-deep-subjectaccessreview';
export const virtualResourceHopsHeader = 'x-kcp-virtual-resource-hops';
