import path from 'node:path';
import { parseConnectionUrl } from '../database/connection.ts';
import { embeddedFolder } from '../embedded/embedded-server.ts';
import type { RunOptions } from '../run.ts';
import type { OptionValues } from './option-table.ts';
import { UsageError } from './parse-options.ts';

/** What the flags mean for {@link RunOptions}. @throws UsageError */
export function runSettings(
  values: OptionValues,
): Pick<RunOptions, 'server' | 'endpoint' | 'allowedExtensions' | 'refreshMs'> {
  const seconds = Number(values['refresh-seconds']);
  if (!(seconds > 0)) throw new UsageError('--refresh-seconds needs a number above 0');
  const server = serverOf(values);
  return {
    server,
    endpoint: endpointOf(values['public-host'], 'connection' in server ? server.connection : undefined),
    allowedExtensions: values['allow-extensions']
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
    refreshMs: seconds * 1_000,
  };
}

function serverOf(values: OptionValues): RunOptions['server'] {
  const url = values['postgres-url'];
  if (url === '') return { embeddedRoot: path.resolve(embeddedFolder(values['root-directory'])) };
  try {
    return { connection: parseConnectionUrl(url) };
  } catch (error) {
    throw new UsageError(`--postgres-url: ${(error as Error).message}`);
  }
}

function endpointOf(text: string, connection: { port: number; ssl?: string } | undefined): RunOptions['endpoint'] {
  if (text === '') return undefined;
  const url = URL.canParse(`postgresql://${text}`) ? new URL(`postgresql://${text}`) : undefined;
  const port = Number(url?.port) || connection?.port;
  if (url === undefined || url.hostname === '' || port === undefined) {
    throw new UsageError('--public-host needs a host, and a port with the embedded server');
  }
  const parameters = connection?.ssl === undefined ? '' : `sslmode=${connection.ssl}`;
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port, parameters };
}
