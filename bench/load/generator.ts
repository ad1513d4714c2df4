// The load generator's process: takes a plan, says when it begins, answers with a result. One at a time.
import { once } from 'node:events';
import { runFanOut } from './fan-out.ts';
import { runLoop } from './loop.ts';
import type { LoadPlan, LoadResult } from './plan.ts';
import { RawConnection } from './raw-connection.ts';
import { runWorkspaces } from './workspaces.ts';

const defaultSessions = 8;

async function run(plan: LoadPlan): Promise<LoadResult> {
  const connections: RawConnection[] = [];
  for (let i = 0; i < (plan.sessions ?? defaultSessions); i++) connections.push(await RawConnection.open(plan.target));
  try {
    if (plan.kind === 'loop') return await runLoop(plan, connections, started);
    if (plan.kind === 'fan-out') return await runFanOut(plan, connections, started);
    return await runWorkspaces(plan, connections, started);
  } finally {
    for (const connection of connections) connection.destroy();
  }
}

async function started(): Promise<void> {
  process.send?.({ started: true });
  await once(process, 'message');
}

process.on('message', (message: { plan?: LoadPlan }) => {
  if (message.plan === undefined) return;
  run(message.plan).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
