import { type ApiResponse, textResponse } from './api-response.ts';

/** One thing that must be in order. Resolves when it is; rejects with a reason that may be shown. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<void>;
}

export interface HealthChecks {
  live: readonly HealthCheck[];
  ready: readonly HealthCheck[];
}

const endpointNames = new Set(['healthz', 'livez', 'readyz']);

/** `/healthz`, `/livez`, `/readyz`, each with `?verbose`, `?exclude=name` and a path per check. Undefined for other paths. */
export async function handleHealth(
  checks: HealthChecks,
  path: string,
  query: URLSearchParams,
): Promise<ApiResponse | undefined> {
  const [endpoint = '', name = ''] = path.split('/').slice(1);
  if (!endpointNames.has(endpoint)) return undefined;
  const all = endpoint === 'readyz' ? checks.ready : checks.live;
  const excluded = new Set(query.getAll('exclude'));
  const selected = name === '' ? all : all.filter((check) => check.name === name);
  if (name !== '' && selected.length === 0) return textResponse(404, `${name} is not a check of ${endpoint}\n`);
  const lines: string[] = [];
  let failed = false;
  for (const check of selected) {
    if (name === '' && excluded.has(check.name)) {
      lines.push(`[+]${check.name} excluded: ok`);
      continue;
    }
    try {
      await check.check();
      lines.push(`[+]${check.name} ok`);
    } catch (error) {
      failed = true;
      lines.push(`[-]${check.name} failed: ${(error as Error).message}`);
    }
  }
  if (failed) return textResponse(500, `${lines.join('\n')}\n${endpoint} check failed\n`);
  if (query.has('verbose')) return textResponse(200, `${lines.join('\n')}\n${endpoint} check passed\n`);
  return textResponse(200, 'ok');
}
