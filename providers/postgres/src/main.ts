#!/usr/bin/env node
import os from 'node:os';
import { isStatusError } from '@canopy/apimachinery';
import { isConnectionError } from '@canopy/client';
import type { KubeconfigClient } from '@canopy/client/node';
import { connectContext, KubeconfigError, kubeconfigFiles, loadKubeconfig, resolveContext } from '@canopy/client/node';
import { consoleLogger } from './cli/console-logger.ts';
import type { OptionValues } from './cli/option-table.ts';
import { helpText, parseOptions, UsageError } from './cli/parse-options.ts';
import { runSettings } from './cli/run-settings.ts';
import { runProvider } from './run.ts';
import { setUp } from './setup.ts';

async function connect(values: OptionValues): Promise<KubeconfigClient> {
  const files = kubeconfigFiles({
    flag: values.kubeconfig,
    homeFolder: os.homedir(),
    workingFolder: process.cwd(),
  });
  const config = await loadKubeconfig(files);
  return connectContext(resolveContext(config, { context: values.context || undefined }), {
    environment: { env: process.env },
  });
}

async function setup(values: OptionValues): Promise<void> {
  const kube = await connect(values);
  try {
    await setUp(kube.client, values.workspace, consoleLogger(values['log-level']));
  } finally {
    await kube.close();
  }
}

async function run(values: OptionValues): Promise<void> {
  const settings = runSettings(values);
  const kube = await connect(values);
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    const logger = consoleLogger(values['log-level']);
    const onReady = () => logger.info({ workspace: values.workspace }, 'provider-postgres is ready');
    await runProvider({ ...settings, kube, workspace: values.workspace, logger, onReady }, stop.signal);
  } finally {
    await kube.close();
  }
}

async function main(args: readonly string[]): Promise<void> {
  const [command, ...rest] = args;
  if (command === undefined || args.includes('--help') || args.includes('-h')) {
    process.stdout.write(helpText());
  } else if (command === 'setup') {
    await setup(parseOptions(rest, process.env));
  } else if (command === 'run') {
    await run(parseOptions(rest, process.env));
  } else {
    throw new UsageError(`unknown command ${command}`);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const usage = error instanceof UsageError;
  const expected = usage || error instanceof KubeconfigError || isConnectionError(error) || isStatusError(error);
  const text = expected ? (error as Error).message : (error as Error).stack;
  process.stderr.write(`provider-postgres: ${text}${usage ? '; see provider-postgres --help' : ''}\n`);
  process.exit(usage ? 2 : 1);
});
