/**
 * Speed of the rule index: ECS exec events a second of CPU, for 1, 50, 300 and 3,000 generated rules shaped
 * like public ones (a name with arguments, some wildcards, some parents), each beside a no-op over the same
 * events in the same run. Usage: node --import=tsx scripts/bench/eql.ts [events]
 */
import { compile, type Document, type Resolver, RuleIndex, Work } from '../../src/eql/index.ts';

const EVENTS = Number(process.argv[2] ?? 100_000);
const RULES = [1, 50, 300, 3000];
/** Passes over the events, of which the fastest counts: the machine does other things too. */
const PASSES = 3;

interface Exec {
  readonly name: string;
  readonly executable: string;
  readonly args: readonly string[];
  readonly commandLine: string;
  readonly parentName: string;
  readonly pid: number;
}

const CATEGORY = ['process'];
const TYPE = ['start'];

const READERS: Readonly<Record<string, (event: Exec) => string | number | readonly string[]>> = {
  'event.category': () => CATEGORY,
  'event.type': () => TYPE,
  'event.action': () => 'exec',
  'host.os.type': () => 'macos',
  'process.name': (event) => event.name,
  'process.executable': (event) => event.executable,
  'process.args': (event) => event.args,
  'process.command_line': (event) => event.commandLine,
  'process.parent.name': (event) => event.parentName,
  'process.pid': (event) => event.pid,
};

const resolver: Resolver<Exec> = {
  field(name) {
    const read = READERS[name];
    return read && { type: name === 'process.pid' ? 'number' : 'string', read };
  },
};

/** The same numbers in every run: a linear congruential generator (Numerical Recipes). */
let state = 1;
function random(below: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state % below;
}

const tool = (at: number) => `tool${at}`;

function event(pid: number): Exec {
  const name = tool(random(400));
  const args = [
    name,
    `-${'abcdefgh'[random(8)]}`,
    `--option=${random(1000)}`,
    `/Users/u${random(20)}/file${random(5000)}`,
  ];
  return {
    name,
    executable: `/usr/bin/${name}`,
    args,
    commandLine: args.join(' '),
    parentName: tool(random(400)),
    pid,
  };
}

/** One in ten has no name, one in twenty excludes parents, the rest ask for a name and arguments. */
function rule(at: number): string {
  const start = 'process where host.os.type == "macos" and event.type in ("start", "process_started") and ';
  const name = `process.name in ("${tool(400 + at)}", "${tool(random(4000))}")`;
  if (at % 10 === 9)
    return `${start}process.command_line : "*--secret${at}*" and not process.parent.name : "tool1*"`;
  if (at % 20 === 4)
    return `${start}${name} and process.args : ("-d", "--dump*") and not process.parent.name in ("launchd", "tool7")`;
  if (at % 10 === 6)
    return `${start}process.executable like "/private/tmp/*${at}" and process.args == "-x${at}"`;
  return `${start}${name} and process.args like~ "--option=${at}*"`;
}

/** Events a second of CPU, of the fastest pass. */
function measure(events: readonly Exec[], take: (event: Exec) => void): number {
  let best = 0;
  for (let pass = 0; pass < PASSES; pass += 1) {
    const started = process.cpuUsage();
    for (const each of events) take(each);
    const { user, system } = process.cpuUsage(started);
    best = Math.max(best, (events.length * 1e6) / (user + system));
  }
  return best;
}

const events = Array.from({ length: EVENTS }, (_, pid) => event(pid));
const table: Document[] = [];
for (const count of RULES) {
  const work = new Work();
  const rules = Array.from({ length: count }, (_, at) => compile(rule(at), resolver, { work }));
  const index = new RuleIndex<number, Exec>(resolver, { work });
  for (const [at, matcher] of rules.entries()) index.add(at, matcher);
  let [matches, sum] = [0, 0];
  const noop = measure(events, (each) => {
    sum += each.args.length;
  });
  const indexed = measure(events, (each) => {
    matches += index.feed(each).length;
  });
  const sample = events.slice(0, Math.max(1000, Math.floor(EVENTS / count)));
  let naiveMatches = 0;
  const naive = measure(sample, (each) => {
    for (const matcher of rules) naiveMatches += matcher.feed(each).length;
  });
  table.push({
    rules: count,
    'events/CPU-s indexed': Math.round(indexed),
    'µs/event indexed': Number((1e6 / indexed).toFixed(2)),
    'events/CPU-s without index': Math.round(naive),
    'no-op events/CPU-s': Math.round(noop),
    'matches/pass': matches / PASSES,
  });
  if (sum < 0 || naiveMatches < 0)
    throw new Error('unreachable: the sums only keep the loops from being optimised away');
}
console.table(table);
