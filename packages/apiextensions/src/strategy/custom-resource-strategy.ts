import type { Strategy } from '@canopy/apiserver';

/** Objects of definitions: a PUT must name the version that it replaces, and does not create. */
export const customResourceStrategy: Strategy = {
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
};
