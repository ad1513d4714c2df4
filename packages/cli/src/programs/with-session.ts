import type { CliIo } from '../session/cli-io.ts';
import type { CommonFlags, Session } from '../session/session.ts';

/**
 * Opens the session that the flags describe, runs the work and closes it. What talks to servers is loaded here only: it
 * takes a third of the start.
 */
export async function withSession(
  io: CliIo,
  flags: CommonFlags,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const { Session } = await import('../session/session.ts');
  const session = await Session.open(io, flags);
  try {
    await work(session);
  } finally {
    await session.close();
  }
}
