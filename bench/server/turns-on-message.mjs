// Loaded into a measured server by `--import`: says, over the channel to its parent, for how long its main thread was busy in
// each turn of the event loop, and between reading a request and answering it, for connections that named `localhost`.
// All in processor time of that thread, which other work on the machine does not change. Plain JavaScript, as its neighbour.
import { EventEmitter } from 'node:events';
import tls from 'node:tls';
import { isMainThread } from 'node:worker_threads';

const headBytes = 9;
const headersFrame = 1;
const servername = 'localhost';

/** @type {number[]} Milliseconds. */
let turns = [];
/** @type {number[]} */
let answers = [];
let running = false;
let last = 0;

/** Milliseconds. Asking for the whole process brings the kernel's account of this thread up to date. */
function threadTime() {
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function turn() {
  const now = threadTime();
  turns.push(now - last);
  last = now;
  // The loop may sleep: this one is run when there is another turn, and makes none.
  if (running) setImmediate(turn).unref();
}

/** @param {Buffer} bytes */
function headersIn(bytes) {
  let count = 0;
  for (let at = 0; at + headBytes <= bytes.length; at += headBytes + bytes.readUIntBE(at, 3))
    if (bytes[at + 3] === headersFrame) count += 1;
  return count;
}

/** @param {tls.TLSSocket} socket */
function follow(socket) {
  /** @type {number[]} */
  const waiting = [];
  socket.prependListener('data', (/** @type {Buffer} */ chunk) => {
    if (!running) return;
    for (let i = headersIn(chunk); i > 0; i--) waiting.push(threadTime());
  });
  const write = socket.write;
  socket.write = (/** @type {any[]} */ ...args) => {
    if (waiting.length > 0) {
      const now = threadTime();
      for (let i = headersIn(args[0]); i > 0 && waiting.length > 0; i--) answers.push(now - Number(waiting.shift()));
    }
    return Reflect.apply(write, socket, args);
  };
}

if (isMainThread && process.send !== undefined) {
  const emit = /** @type {(...args: any[]) => boolean} */ (EventEmitter.prototype.emit);
  /** @this {tls.Server} @param {any[]} args */
  tls.Server.prototype.emit = function (...args) {
    const [name, socket] = args;
    if (name === 'secureConnection' && socket.servername === servername) follow(socket);
    return Reflect.apply(emit, this, args);
  };
  process.on('message', (/** @type {{ turns?: 'start' | 'stop' }} */ message) => {
    if (message.turns === undefined) return;
    if (message.turns === 'stop') {
      running = false;
      process.send?.({ turns, answers });
      turns = [];
      answers = [];
      return;
    }
    running = true;
    last = threadTime();
    setImmediate(turn).unref();
  });
}
