import { type MoveProgress, type MoveResult, moveStore } from '@canopy/storage';
import { type CarriedIdentity, carryIdentity } from './carried-identity.ts';
import {
  type CommandLine,
  defaultRevisionJump,
  type MaintenanceCommand,
  noArguments,
  revisionJumpOf,
} from './command-line.ts';
import { type ChosenPlace, choosePlaces, placeFlags } from './store-places.ts';

export const migrateCommand: MaintenanceCommand = {
  name: 'storage migrate',
  help: `Usage: canopy storage migrate --from STORE --to STORE [flags]

Moves a server's store between the embedded database and etcd, with the CA, keys and tokens that its clients know. No
server may use either. The target must be empty, and not within the source nor around it; the source stays as it is. Every
object and its index rows are compared before the target can be used. When the command is interrupted, at any moment, run
it again: it goes on where it stood.

STORE is sqlite:PATH, the root directory of a server or its database (a file, or to be one when it ends in .db), or
etcd:ENDPOINTS[?prefix=/x], comma-separated URLs as for canopy start --etcd-servers. The prefix is /canopy by default.

Resource versions continue far above those of the source and all history is compacted, so clients that watched the
source get 410 Expired and list again. To etcd, every object gets another resource version.

Flags:
  --from STORE          The store that there is.
  --to STORE            Where it is to be.
  --etcd-cafile FILE    PEM bundle that the certificates of https etcd endpoints are verified with.
  --etcd-certfile FILE  PEM client certificate for etcd.
  --etcd-keyfile FILE   PEM key of the client certificate for etcd.
  --revision-jump N     Distance from the source's resource version. Default ${defaultRevisionJump}.
`,
  flags: { ...placeFlags, 'revision-jump': 'string' },
  run,
};

const progressPauseMs = 1000;

async function run(line: CommandLine): Promise<number> {
  noArguments(line, 'storage migrate');
  process.umask(0o077);
  const revisionJump = revisionJumpOf(line.text('revision-jump'));
  const places = choosePlaces(line);
  let identity: CarriedIdentity | undefined;
  const result = await moveStore({
    from: await places.from.open(),
    to: await places.to.open(),
    revisionJump,
    onProgress: progressTo(line),
    async adjustments(source) {
      identity = await carryIdentity(source, places);
      return identity.adjustments;
    },
    beforeFinish: () => identity?.install(),
  });
  report(line, result);
  advise(line, places.to, identity?.found === true);
  return 0;
}

function progressTo(line: CommandLine): (progress: MoveProgress) => void {
  let last = { step: '', at: 0 };
  return ({ step, done, total }) => {
    const now = performance.now();
    if (step === last.step && now - last.at < progressPauseMs) return;
    last = { step, at: now };
    line.note(`${step === 'copying' ? 'copied' : 'compared'} ${done} of ${total} objects`);
  };
}

function report(line: CommandLine, result: MoveResult): void {
  const { objects, indexRows, expired, sourceRevision, revision, resumedAfter, sha256 } = result;
  if (resumedAfter > 0) line.note(`An earlier attempt had moved ${resumedAfter} objects.`);
  if (expired > 0) line.note(`${expired} objects had expired and were left behind.`);
  line.print(`${objects} objects and ${indexRows} index rows are the same on both sides`);
  line.print(`revision ${sourceRevision} of the source, ${revision} of the target`);
  line.print(`sha256 ${sha256}`);
}

function advise(line: CommandLine, to: ChosenPlace, found: boolean): void {
  if (!found)
    line.note(
      'No CA was found with the source: the server makes new keys, and its clients need the new CA and tokens.',
    );
  if (to.kind === 'sqlite') line.note(`Start it with canopy start --root-directory ${to.directory}`);
  else
    line.note(
      'Start it with canopy start --etcd-servers and a root directory without canopy.db; keys are in the store.',
    );
}
