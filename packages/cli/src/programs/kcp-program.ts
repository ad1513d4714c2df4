import type { Command } from 'commander';
import type { CliIo } from '../session/cli-io.ts';
import { newProgram, secondsOf, withCommonFlags } from './run-program.ts';
import { withSession } from './with-session.ts';

function list(value: string, before: string[]): string[] {
  return [...before, ...value.split(',').filter((entry) => entry !== '')];
}

/** `kubectl kcp`. */
export function kcpProgram(io: CliIo, name = 'kubectl kcp'): Command {
  const program = newProgram(io, name, 'Binds APIs, answers permission claims, makes schemas of CRDs.');
  addBind(program, io);
  addClaims(program, io);
  addCrd(program, io);
  addQuickstart(program, io);
  return program;
}

interface BindFlags {
  name?: string;
  timeout: string;
  acceptPermissionClaim: string[];
  rejectPermissionClaim: string[];
  acceptAllPermissionClaims?: boolean;
  rejectAllPermissionClaims?: boolean;
}

/** `bind apiexport`, here or below another program. */
export function addBind(program: Command, io: CliIo): void {
  const bind = program.command('bind').description('Binds what other workspaces export.');
  const command = withCommonFlags(bind.command('apiexport [path:export]').description('Binds an APIExport.'), {
    workspace: true,
  })
    .option('--name <name>', 'name of the APIBinding; default: that of the export')
    .option('--timeout <seconds>', 'how long to wait, in seconds or as 30s, 2m', '30s')
    .option('--accept-permission-claim <resource.group>', 'claims to accept; the core group is called core', list, [])
    .option('--reject-permission-claim <resource.group>', 'claims to reject', list, [])
    .option('--accept-all-permission-claims', 'accept whatever the export claims')
    .option('--reject-all-permission-claims', 'reject whatever the export claims');
  command.action(async (reference: string | undefined, flags: BindFlags) => {
    const { bindExport } = await import('../apis/bind-export.ts');
    await withSession(io, command.optsWithGlobals(), (session) =>
      bindExport(session, reference, {
        ...(flags.name === undefined ? {} : { name: flags.name }),
        timeoutSeconds: secondsOf(flags.timeout),
        accept: flags.acceptPermissionClaim,
        reject: flags.rejectPermissionClaim,
        acceptAll: flags.acceptAllPermissionClaims ?? false,
        rejectAll: flags.rejectAllPermissionClaims ?? false,
      }),
    );
  });
}

function addClaims(program: Command, io: CliIo): void {
  const claims = program.command('claims').description('Shows and answers permission claims of APIBindings.');
  const get = claims.command('get').description('Lists claims.');
  const binding = withCommonFlags(
    get.command('apibinding [name]').description('Claims of one APIBinding, or of all.'),
    { workspace: true },
  );
  binding.action(async (name: string | undefined) => {
    const { getClaims } = await import('../apis/claims.ts');
    await withSession(io, binding.optsWithGlobals(), (session) => getClaims(session, name));
  });
  for (const [verb, state] of [
    ['accept', 'Accepted'],
    ['reject', 'Rejected'],
  ] as const) {
    const command = withCommonFlags(
      claims.command(`${verb} [apibinding]`).description(`Sets claims of an APIBinding to ${state}.`),
      { workspace: true },
    )
      .option('--resource <resource.group>', 'only the claim for this resource')
      .option('--identity-hash <hash>', 'only claims with this identity');
    command.action(async (name: string | undefined, flags: { resource?: string; identityHash?: string }) => {
      const { answerClaims } = await import('../apis/claims.ts');
      const { resource, identityHash } = flags;
      await withSession(io, command.optsWithGlobals(), (session) =>
        answerClaims(session, name, {
          state,
          ...(resource === undefined ? {} : { resource }),
          ...(identityHash === undefined ? {} : { identityHash }),
        }),
      );
    });
  }
}

function addCrd(program: Command, io: CliIo): void {
  addSnapshot(program.command('crd').description('Works with CustomResourceDefinitions.'), io, 'snapshot');
}

/** CRD → APIResourceSchema, under the name that the program gives it. */
export function addSnapshot(program: Command, io: CliIo, name: string): void {
  program
    .command(name)
    .description('Prints each CRD of a file as an APIResourceSchema.')
    .option('-f, --filename <file>', 'file with CRDs; - reads standard input')
    .option('--prefix <prefix>', 'first part of the names of the schemas')
    .option('-o, --output <format>', 'yaml or json', 'yaml')
    .action(async (flags: { filename?: string; prefix?: string; output: string }) => {
      const { snapshotCrds } = await import('../apis/crd-to-schema.ts');
      await snapshotCrds(io, flags);
    });
}

interface QuickstartFlags {
  scenario: string;
  namePrefix: string;
  cleanup?: boolean;
  enter?: boolean;
  withSamples?: boolean;
  timeout: string;
  treeDepth: string;
  treeCount: string;
  treeSeed: string;
}

function addQuickstart(program: Command, io: CliIo): void {
  const command = withCommonFlags(
    program.command('quickstart').description('Sets up example workspaces, or removes them.'),
    { workspace: false },
  )
    .option('--scenario <name>', 'api-provider or workspaces', 'api-provider')
    .option('--name-prefix <prefix>', 'what the names of the workspaces begin with', 'quickstart')
    .option('--cleanup', 'remove what an earlier run made')
    .option('--enter', 'go to the consumer workspace afterwards')
    .option('--with-samples', 'create a sample object too')
    .option('--timeout <duration>', 'how long to wait for each step', '10m')
    .option('--tree-depth <n>', 'scenario workspaces: levels', '3')
    .option('--tree-count <n>', 'scenario workspaces: how many', '50')
    .option('--tree-seed <n>', 'scenario workspaces: seed of the shape', '0');
  command.action(async (flags: QuickstartFlags) => {
    const { quickstart } = await import('../apis/quickstart.ts');
    await withSession(io, command.optsWithGlobals(), (session) =>
      quickstart(session, {
        scenario: flags.scenario,
        prefix: flags.namePrefix,
        cleanup: flags.cleanup ?? false,
        enter: flags.enter ?? false,
        withSamples: flags.withSamples ?? false,
        timeoutSeconds: secondsOf(flags.timeout),
        tree: { depth: Number(flags.treeDepth), count: Number(flags.treeCount), seed: Number(flags.treeSeed) },
      }),
    );
  });
}
