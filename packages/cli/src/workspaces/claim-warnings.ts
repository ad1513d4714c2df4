import type { Session } from '../session/session.ts';
import { type BindingObject, bindingsResource, claimText, type PermissionClaim, sameClaim } from './resources.ts';

/** After entering a workspace: what its bindings leave unanswered. */
export async function warnAboutClaims(session: Session, path: string): Promise<void> {
  try {
    const list = await (await session.client(path)).resource<BindingObject>(bindingsResource).list();
    for (const binding of list.items) {
      for (const claim of binding.status?.exportPermissionClaims ?? []) {
        const warning = warningFor(binding, claim);
        if (warning !== undefined) session.io.err(`Warning: ${warning}\n`);
      }
    }
  } catch (error) {
    session.io.err(`error checking APIBindings: ${(error as Error).message}\n`);
  }
}

function warningFor(binding: BindingObject, asked: PermissionClaim): string | undefined {
  const name = binding.metadata.name;
  const text = claimText(asked);
  const answer = binding.spec.permissionClaims?.find((claim) => sameClaim(claim, asked));
  if (answer === undefined)
    return `claim for ${text} exported but not specified on APIBinding ${name}\nAdd this claim to the APIBinding's Spec.`;
  if (answer.state !== 'Accepted' && answer.state !== 'Rejected')
    return `claim for ${text} specified on APIBinding ${name} but not accepted or rejected.`;
  const [given, wanted] = [answer.verbs ?? [], asked.verbs ?? []];
  if (answer.state === 'Rejected' || (given.length === wanted.length && given.every((verb) => wanted.includes(verb))))
    return undefined;
  return `allowed verbs (${given.join(',')}) on claim for ${text} on APIBinding ${name} do not match expected verbs (${wanted.join(',')}).`;
}
