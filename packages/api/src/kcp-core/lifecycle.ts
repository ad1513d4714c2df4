import { list } from '../schema-dsl/composites.ts';
import { oneOfStrings, string } from '../schema-dsl/scalars.ts';
import type { Infer, Typed } from '../schema-dsl/typed-schema.ts';

/** Qualified initializers or terminators: `<cluster or path>:<workspace type>` or `system:<name>`. */
export function lifecycleNames(description: string): Typed<string[]> {
  return list(
    description,
    string('Workspace, colon, name of the workspace type; or a name that begins with "system:".', {
      pattern:
        '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(:[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(:[a-z0-9][a-z0-9]([-a-z0-9]*[a-z0-9])?))|(system:.+)$',
    }),
  );
}

export const workspacePhaseSchema = oneOfStrings(
  'How far the workspace is in its life: Scheduling, Initializing, Ready, Unavailable, Inactive, Terminating or Deleting.',
  ['Scheduling', 'Initializing', 'Ready', 'Unavailable', 'Inactive', 'Terminating', 'Deleting'],
  { default: 'Scheduling' },
);

export type WorkspacePhase = Infer<typeof workspacePhaseSchema>;
