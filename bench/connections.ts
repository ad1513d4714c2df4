import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { commonOptions, programOptions } from '../scripts/program-options.ts';
import { RawConnection } from './load/raw-connection.ts';
import { prepare } from './load/request-block.ts';
import { machine, type Row, tableText } from './report.ts';
import { startCanopy, type Target } from './server/canopy-process.ts';
import { type ProcessFigures, settledMemory } from './server/process-figures.ts';

const { values } = programOptions({
  name: 'bench:connections',
  purpose: `What connections that do nothing, and requests that never end, cost the built server: memory at rest, before, with and after
them.`,
  options: {
    count: { type: 'number', help: 'connections of each kind; default: 5000' },
    root: commonOptions.root,
    json: commonOptions.json,
  },
});
const { count = 5000 } = values;
const root = path.resolve(values.root ?? path.join(import.meta.dirname, '..'));
const openedAtOnce = 50;

async function open(target: Target, each: (connection: RawConnection) => void): Promise<RawConnection[]> {
  const connections: RawConnection[] = [];
  while (connections.length < count) {
    const missing = Math.min(openedAtOnce, count - connections.length);
    connections.push(...(await Promise.all(Array.from({ length: missing }, () => RawConnection.open(target)))));
  }
  for (const connection of connections) each(connection);
  return connections;
}

async function measure(name: string, target: Target, each: (connection: RawConnection) => void): Promise<Row[]> {
  const before = await settledMemory(canopy.child);
  const connections = await open(target, each);
  const during = await settledMemory(canopy.child);
  const kept = connections.filter(({ socket }) => !socket.destroyed).length;
  for (const connection of connections) connection.destroy();
  const after = await settledMemory(canopy.child);
  const perOne = (field: keyof ProcessFigures): number => (during[field] - before[field]) / count / 1000;
  return [
    { name: `${name}: connections open`, value: kept, unit: '' },
    { name: `${name}: resident memory each`, value: perOne('rss'), unit: 'kB' },
    { name: `${name}: of this on the heap`, value: perOne('heapUsed'), unit: 'kB' },
    { name: `${name}: of this outside of it`, value: perOne('external'), unit: 'kB' },
    {
      name: `${name}: heap that stays when they are gone`,
      value: (after.heapUsed - before.heapUsed) / 1e6,
      unit: 'MB',
    },
  ];
}

const directory = mkdtempSync(path.join(tmpdir(), 'canopy-connections-'));
const canopy = await startCanopy(root, directory);
const { target } = canopy;
const post = prepare(target, 'POST', '/clusters/root/api/v1/namespaces/default/configmaps');
const rows: Row[] = [];
// Once without being counted: code is compiled and buffers are filled.
await measure('first', target, (connection) => connection.sendHalf(post));
rows.push(...(await measure('idle', target, () => undefined)));
rows.push(...(await measure('half a request', target, (connection) => connection.sendHalf(post))));
await canopy.stop();
rmSync(directory, { recursive: true, force: true });
process.stdout.write(tableText(rows));
const taken = new Date().toISOString();
const file = values.json ?? path.join(import.meta.dirname, 'results', `connections-${taken.replaceAll(':', '-')}.json`);
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ taken, machine: machine(), count, rows }, null, 2)}\n`);
