/** Label of APIBindings: hash of the APIExport, to find them by. */
export const exportLabel = 'internal.apis.kcp.io/export';

/** Begin of the label of claimed objects; a hash of the APIExport follows. */
export const permissionClaimLabelPrefix = 'claimed.internal.apis.kcp.io/';

/** Annotation of APIExports: no endpoint slice of the same name is made. Its presence counts. */
export const skipEndpointSliceAnnotation = 'apiexports.apis.kcp.io/skip-endpointslice';

/** Begin of annotations that are copied from an APIExport to its APIBindings. */
export const extraAnnotationPrefix = 'extra.apis.kcp.io/';

/** Finalizer of APIBindings: the objects of the bound resources are deleted first. */
export const apiBindingFinalizer = 'apis.kcp.io/apibinding-finalizer';

/** Annotations of the CRDs that are made for bound resources. */
export const boundCRDAnnotation = 'apis.kcp.io/bound-crd';
export const boundCRDSchemaClusterAnnotation = 'apis.kcp.io/schema-cluster';
export const boundCRDSchemaNameAnnotation = 'apis.kcp.io/schema-name';
export const boundCRDSchemaStorageAnnotation = 'apis.kcp.io/schema-storage';
export const boundCRDIdentityAnnotation = 'apis.kcp.io/identity';

/** Annotation of CRDs that are made up for requests that want metadata only. */
export const partialMetadataAnnotation = 'crd.kcp.io/partial-metadata';

/** Key of an identity secret that holds the identity. */
export const identitySecretKey = 'key';

/** Namespace that identity secrets are made in. */
export const identitySecretNamespace = 'kcp-system';

/** Begin of users and groups for which the maximal permission policy of an export is evaluated. */
export const maximalPermissionPolicyPrefix = 'apis.kcp.io:binding:';

/** Begin of annotations for fields that a conversion would lose; a version follows. */
export const preserveConversionPrefix = 'preserve.conversion.apis.kcp.io/';
