import module from 'node:module';
import { completeConfig } from './config/complete-config.ts';
import { returnFreedMemoryAtRest } from './memory/return-freed-memory.ts';
import { helpText, parseOptions, UsageError } from './options/parse-options.ts';
import { run } from './run.ts';
import { canopyVersion } from './version.ts';

const usage = `Usage: canopy COMMAND

Commands:
  start               start the server (canopy start --help tells its flags)
  version             print the version

  backup              copy a server, running or not, to one file
  restore             make a server of a backup
  fsck                look for damage in a database
  storage migrate     move a server's store between the embedded database and etcd

  kubeconfig          print a kubeconfig for one workspace
  crd-to-schema       print CRDs as APIResourceSchemas
  ws, kcp             the same as the kubectl plugins of these names

canopy COMMAND --help tells more.
`;

async function start(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(helpText());
    return;
  }
  // Whatever is written below the root directory is for the owner alone.
  process.umask(0o077);
  const config = completeConfig(parseOptions(args, process.env), process.cwd());
  const server = await run({
    config,
    // The bundle's main program has the modules of threads beside it.
    ...(import.meta.url.endsWith('.js')
      ? { modules: { writer: beside('sqlite-worker'), apiThread: beside('api-thread') } }
      : {}),
    onStoreFailure: (error) => giveUp('the store failed for good', error),
    onThreadFailure: (error) => giveUp('not all threads serve any more', error),
  });
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    void server.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const shownKubeconfig = config.kubeconfigPath.startsWith(`${process.cwd()}/`)
    ? config.kubeconfigPath.slice(process.cwd().length + 1)
    : config.kubeconfigPath;
  process.stdout.write(
    `Canopy is ready at ${server.url}\nKubeconfig: ${shownKubeconfig}\n\nTry:\n  export KUBECONFIG=${shownKubeconfig}\n  kubectl get workspaces\n  kubectl create workspace my-org --enter\n`,
  );
  module.flushCompileCache?.();
  returnFreedMemoryAtRest();
}

function beside(name: string): URL {
  return new URL(`./${name}.js`, import.meta.url);
}

function giveUp(what: string, { message }: Error): never {
  process.stderr.write(`canopy: ${what}, so the server stops: ${message}\n`);
  process.exit(1);
}

function fail(error: unknown): never {
  const known = error instanceof UsageError;
  process.stderr.write(`canopy: ${known ? error.message : (error as Error).stack}\n`);
  process.exit(known ? 2 : 1);
}

async function maintain(name: string, args: readonly string[]): Promise<void> {
  const { runMaintenance } = await import('./maintenance/maintenance.ts');
  process.exitCode = await runMaintenance(name, args, {
    environment: process.env,
    cwd: process.cwd(),
    print: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
  });
}

const [command, ...args] = process.argv.slice(2);
switch (command) {
  case 'start':
    start(args).catch(fail);
    break;
  case 'backup':
  case 'restore':
  case 'fsck':
  case 'storage':
    maintain(command, args).catch(fail);
    break;
  case 'version':
  case '--version':
    process.stdout.write(`canopy ${canopyVersion}\n`);
    break;
  case undefined:
  case 'help':
  case '--help':
  case '-h':
    process.stdout.write(usage);
    break;
  default:
    void import('@canopy/cli').then(async ({ clientProgram, processIo, runProgram }) => {
      const io = processIo(process);
      process.exitCode = await runProgram(clientProgram(io), process.argv.slice(2), io);
    });
}
