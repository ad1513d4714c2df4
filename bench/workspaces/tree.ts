import type { ClientHttp2Session } from 'node:http2';
import type { LoadProcess } from '../load/load-process.ts';
import { requestOnce } from '../load/session.ts';
import { type Target, workspacesPath } from '../server/canopy-process.ts';

/** A connection to the measured server. */
export interface Access {
  session: ClientHttp2Session;
  target: Target;
}

export interface Answer {
  status: number;
  /** Parsed body. */
  body: unknown;
}

export async function ask({ session, target }: Access, method: string, at: string, body?: object): Promise<Answer> {
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await requestOnce(session, target, { method, path: at, ...text });
  return { status: answer.status, body: JSON.parse(answer.body.toString()) };
}

export async function makeWorkspace(access: Access, parent: string, name: string): Promise<void> {
  const { status, body } = await ask(access, 'POST', `/clusters/${parent}${workspacesPath}`, {
    apiVersion: 'tenancy.kcp.io/v1alpha1',
    kind: 'Workspace',
    metadata: { name },
    spec: { type: { name: 'universal', path: 'root' } },
  });
  if (status !== 201)
    throw new Error(`creating ${parent}:${name} was answered with ${status}: ${JSON.stringify(body)}`);
}

/** `flat`: all below one parent; `tree`: 10 of 10 of 100, as often as needed; `chain`: each below the last. */
export type Shape = 'flat' | 'tree' | 'chain';

/** Makes `count` workspaces below a parent. Resolves to how many there are and to the path of one that has a deep place. */
export async function plantTree(
  access: Access,
  load: LoadProcess,
  { shape, parent, count }: { shape: Shape; parent: string; count: number },
): Promise<{ made: number; deepest: string }> {
  const many = (at: string, prefix: string, of: number): Promise<unknown> =>
    load.run({
      kind: 'workspaces',
      target: access.target,
      parent: at,
      prefix,
      concurrency: 16,
      count: of,
      ms: 600_000,
    });
  if (shape === 'flat') {
    await many(parent, 'child', count);
    return { made: count, deepest: `${parent}:child-0` };
  }
  let deepest = parent;
  let made = 0;
  if (shape === 'chain') {
    for (; made < count; made++) {
      await makeWorkspace(access, deepest, `level-${made}`);
      deepest = `${deepest}:level-${made}`;
    }
    return { made, deepest };
  }
  const branch = Math.max(1, Math.round(Math.cbrt(count / 10)));
  for (let i = 0; i < branch; i++) {
    await makeWorkspace(access, parent, `branch-${i}`);
    await many(`${parent}:branch-${i}`, 'twig', branch);
    for (let j = 0; j < branch; j++) await many(`${parent}:branch-${i}:twig-${j}`, 'leaf', branch * 10);
    made += 1 + branch + branch * branch * 10;
  }
  deepest = `${parent}:branch-0:twig-0`;
  return { made, deepest };
}
