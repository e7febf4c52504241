/**
 * A stand-in for eslogger where there is no Mac: lines of the same shape on standard output, numbered as eslogger
 * numbers them, for events that it makes up from the lines of a capture.
 *
 * It is started as eslogger is, with nothing but event names, so what it is to do stands in a file beside it, named as
 * it is and ending in .json; see Behaviour. It is a program of its own, staged with its interpreter in its first line.
 */
'use strict';
const { readdirSync, readFileSync, writeSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { isatty } = require('node:tty');

/**
 * @typedef {object} Behaviour
 * @property {number} [rate] triples of fork, exec and exit a second
 * @property {number} [triples] so many and then only waiting; without end if it is left out
 * @property {number} [matchEvery] each so many executions one dumps a keychain
 * @property {number[]} [announce] pids of living processes whose execution is told first
 * @property {number} [exit] ends with this code once the triples are out
 * @property {string} [stderr] said at the start
 * @property {boolean} [halfLine] ends in the middle of a line
 * @property {boolean} [realMix] exec, fork and exit as 1:2:2, as on a real Mac; otherwise one of each
 * @property {number} [argumentBytes] length of one more argument of each execution
 * @property {string[]} [events] the event names that it knows; default exec, fork, exit and some more
 * @property {boolean} [listsNothing] it hangs when asked which events it knows
 * @property {string[]} [ignores] signals that it ignores, such as SIGTERM and SIGHUP
 * @property {boolean} [crlf] lines end with \\r\\n, and junk stands before the first
 * @property {number} [loseEvery] each so many triples two events get no line, as if the kernel had dropped them
 * @property {number} [restartEvery] each so many triples the numbers begin at 0 again
 * @property {number} [longLine] bytes of one line of its own, once, after two hundred triples
 * @property {number} [blocks] writes to a pipe only when so many bytes have come together
 * @property {number} [silentAfter] triples after which it says nothing more, though it runs
 * @property {boolean} [seesSelfTests] default true: tells of the executions by which an agent tests itself
 */

/** @type {Behaviour} */
const behaviour = { rate: 100, matchEvery: 0, ...read(`${__filename}.json`) };
const templates = readFileSync(join(dirname(__filename), 'templates.ndjson'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line));
const fork = templates.find((line) => line.event?.fork);
const exec = templates.findLast((line) => line.event?.exec);
const exit = templates.find((line) => line.event?.exit);

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw error;
  }
}

const KNOWN = behaviour.events ?? ['exec', 'exit', 'fork', 'open', 'signal'];
const asked = process.argv.slice(2);
const started = Date.now();
let globalSeq = 0;
const seq = new Map();
let made = 0;

function stamp(template, event) {
  const number = seq.get(template.event_type) ?? 0;
  seq.set(template.event_type, number + 1);
  const line = {
    ...template,
    event,
    time: `${new Date().toISOString().slice(0, -1)}000000Z`,
    mach_time: Number(process.hrtime.bigint()),
    seq_num: number,
    global_seq_num: globalSeq,
  };
  globalSeq += 1;
  return line;
}

/** Another life for each: no two lives share pid and start. */
function living(block, pid, pidversion, startTime) {
  return { ...block, audit_token: { ...block.audit_token, pid, pidversion }, start_time: startTime };
}

function execution(pid, pidversion, startTime, args) {
  const event = {
    exec: {
      ...exec.event.exec,
      target: living(exec.event.exec.target, pid, pidversion + 1, startTime),
      args,
    },
  };
  return { ...stamp(exec, event), process: living(exec.process, pid, pidversion, startTime) };
}

/** A fork, an execution and an exit of one new process. */
function triple() {
  made += 1;
  if (behaviour.loseEvery && made % behaviour.loseEvery === 0) globalSeq += 2;
  if (behaviour.restartEvery && made % behaviour.restartEvery === 0) {
    globalSeq = 0;
    seq.clear();
  }
  const pid = 1_000 + (made % 90_000);
  const pidversion = 1_000_000 + made * 2;
  const startTime = new Date(started + made)
    .toISOString()
    .replace('Z', `${String(made % 1_000).padStart(3, '0')}Z`);
  const matches = behaviour.matchEvery > 0 && made % behaviour.matchEvery === 0;
  const args = matches
    ? ['security', 'dump-keychain', '-d', `keychain-${made}`]
    : ['security', 'list-keychains'];
  if (behaviour.argumentBytes) args.push('x'.repeat(behaviour.argumentBytes));
  const child = living(fork.event.fork.child, pid, pidversion, startTime);
  const forked = stamp(fork, { fork: { child } });
  const executed = execution(pid, pidversion, startTime, args);
  const lines = [forked, executed, { ...stamp(exit, exit.event), process: executed.event.exec.target }];
  return behaviour.realMix ? [...lines, ...childlessFork(pid, pidversion, startTime)] : lines;
}

/** A fork that executes nothing and ends. */
function childlessFork(pid, pidversion, startTime) {
  const child = living(fork.event.fork.child, pid, pidversion + 500_000_000, startTime);
  return [stamp(fork, { fork: { child } }), { ...stamp(exit, exit.event), process: child }];
}

/** As Linux tells of a process: its start in ticks of 10 ms after the boot, field 22 of its stat [proc(5)]. */
function announced(pid, args = ['announced', String(pid)]) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const bootMs = Date.now() - Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) * 1_000;
  const startTime = `${new Date(bootMs + ticks * 10).toISOString().slice(0, -1)}000Z`;
  return execution(Number(pid), 5_000_000 + Number(pid), startTime, args);
}

/** What has been written and waits until a block is full, as stdio does on a pipe. */
let held = Buffer.alloc(0);

function write(text) {
  let bytes = Buffer.from(text);
  if (behaviour.blocks && !isatty(1)) {
    held = Buffer.concat([held, bytes]);
    const whole = held.length - (held.length % behaviour.blocks);
    bytes = held.subarray(0, whole);
    held = held.subarray(whole);
  }
  writeNow(bytes);
}

/** Standard output is a pipe that may be full; eslogger waits too. */
function writeNow(bytes) {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (error.code === 'EPIPE' || error.code === 'EIO') process.exit(0);
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

const lineEnd = behaviour.crlf ? '\r\n' : '\n';

function print(lines) {
  write(lines.map((line) => `${JSON.stringify(line)}${lineEnd}`).join(''));
}

/**
 * The executions by which an agent tests itself are real: /bin/sleep with a number that nobody else would give. Linux has
 * no eslogger to tell of them, so they are looked for where the system lists its processes.
 */
const told = new Set();
function lookForSelfTests() {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && !told.has(name))) {
    try {
      tellIfSelfTest(pid);
    } catch (error) {
      // It has ended meanwhile.
      if (!['ENOENT', 'ESRCH'].includes(error.code)) throw error;
    }
  }
}

function tellIfSelfTest(pid) {
  const args = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').slice(0, -1);
  if (args[0] !== '/bin/sleep' || !/^0\.2\d{16,}$/.test(args[1] ?? '')) return;
  told.add(pid);
  const sessionOf = (who) => readFileSync(`/proc/${who}/stat`, 'latin1').split(') ')[1].split(' ')[3];
  // eslogger tells nothing of its own process group.
  if (sessionOf(pid) !== sessionOf('self')) print([announced(pid, args)]);
}

function end() {
  if (behaviour.halfLine) write(JSON.stringify(triple()[0]).slice(0, 100));
  if (behaviour.exit !== undefined) process.exit(behaviour.exit);
}

function listEvents() {
  if (behaviour.listsNothing) setInterval(() => undefined, 1_000);
  else writeSync(1, `${KNOWN.join('\n')}\n`);
}

function tell() {
  const unknown = asked.find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`Failed to parse event types: ${unknown}\n`);
    process.exit(1);
  }
  for (const signal of behaviour.ignores ?? []) process.on(signal, () => undefined);

  if (behaviour.stderr) process.stderr.write(`${behaviour.stderr}\n`);
  print((behaviour.announce ?? []).map((pid) => announced(pid)));
  const total = behaviour.triples ?? Number.POSITIVE_INFINITY;
  if (total === 0) end();
  let longLineSaid = false;
  if (behaviour.crlf) write('^D\b\b');
  if (behaviour.seesSelfTests !== false) {
    setInterval(() => {
      if (behaviour.silentAfter === undefined || made < behaviour.silentAfter) lookForSelfTests();
    }, 20);
  }
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor(((Date.now() - started) * behaviour.rate) / 1_000));
    while (made < due) {
      const lines = Array.from({ length: Math.min(50, due - made) }, triple).flat();
      if (behaviour.silentAfter === undefined || made <= behaviour.silentAfter) print(lines);
      if (behaviour.longLine && !longLineSaid && made >= 200) {
        longLineSaid = true;
        write(`${JSON.stringify({ ...exec, padding: 'x'.repeat(behaviour.longLine) })}${lineEnd}`);
      }
    }
    if (made < total) return;
    clearInterval(timer);
    end();
    // Silent from here on, as eslogger is while nothing happens.
    setInterval(() => undefined, 1_000_000);
  }, 10);
}

if (asked.includes('--list-events')) listEvents();
else tell();
