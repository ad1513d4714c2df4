/** Canopy's own version; the Kubernetes level it speaks is in `versionInfo`. */
export const canopyVersion = '0.1.0';
