// The load generator's process: takes a plan, answers with a result. One at a time.
import type { ClientHttp2Session } from 'node:http2';
import { runFanOut } from './fan-out.ts';
import { runLoop } from './loop.ts';
import type { LoadPlan, LoadResult } from './plan.ts';
import { connectSession } from './session.ts';
import { runWorkspaces } from './workspaces.ts';

const sessionCount = 4;

async function run(plan: LoadPlan): Promise<LoadResult> {
  const sessions: ClientHttp2Session[] = [];
  for (let i = 0; i < sessionCount; i++) sessions.push(await connectSession(plan.target));
  try {
    if (plan.kind === 'loop') return await runLoop(plan, sessions);
    if (plan.kind === 'fan-out') return await runFanOut(plan, sessions);
    return await runWorkspaces(plan, sessions[0] as ClientHttp2Session);
  } finally {
    for (const session of sessions) session.destroy();
  }
}

process.on('message', (plan: LoadPlan) => {
  run(plan).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
