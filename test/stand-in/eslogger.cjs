/**
 * A stand-in for eslogger where there is no Mac: lines of the same shape on standard output, numbered as eslogger
 * numbers them, for events that it makes up from the lines of a capture.
 *
 * It is started as eslogger is, with nothing but event names, so what it is to do stands in a file beside it, named as
 * it is and ending in .json; see Behaviour. It is a program of its own, staged with its interpreter in its first line.
 */
'use strict';
const { readFileSync, writeSync } = require('node:fs');
const { dirname, join } = require('node:path');

/**
 * @typedef {object} Behaviour
 * @property {number} [rate] triples of fork, exec and exit a second
 * @property {number} [triples] so many and then only waiting; without end if it is left out
 * @property {number} [matchEvery] each so many executions one dumps a keychain
 * @property {number[]} [announce] pids of living processes whose execution is told first
 * @property {number} [exit] ends with this code once the triples are out
 * @property {string} [stderr] said at the start
 * @property {boolean} [halfLine] ends in the middle of a line
 * @property {number} [argumentBytes] length of one more argument of each execution
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
  return [forked, executed, { ...stamp(exit, exit.event), process: executed.event.exec.target }];
}

/** As Linux tells of a process: its start in ticks of 10 ms after the boot, field 22 of its stat [proc(5)]. */
function announced(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const bootMs = Date.now() - Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) * 1_000;
  const startTime = `${new Date(bootMs + ticks * 10).toISOString().slice(0, -1)}000Z`;
  return execution(pid, 5_000_000 + pid, startTime, ['announced', String(pid)]);
}

/** Standard output is a pipe that may be full; eslogger waits too. */
function write(text) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (error.code === 'EPIPE') process.exit(0);
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function print(lines) {
  write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

function end() {
  if (behaviour.halfLine) write(JSON.stringify(triple()[0]).slice(0, 100));
  if (behaviour.exit !== undefined) process.exit(behaviour.exit);
}

if (behaviour.stderr) process.stderr.write(`${behaviour.stderr}\n`);
print((behaviour.announce ?? []).map(announced));
const total = behaviour.triples ?? Number.POSITIVE_INFINITY;
if (total === 0) end();
const timer = setInterval(() => {
  const due = Math.min(total, Math.floor(((Date.now() - started) * behaviour.rate) / 1_000));
  while (made < due) print(Array.from({ length: Math.min(50, due - made) }, triple).flat());
  if (made < total) return;
  clearInterval(timer);
  end();
  // Silent from here on, as eslogger is while nothing happens.
  setInterval(() => undefined, 1_000_000);
}, 10);
