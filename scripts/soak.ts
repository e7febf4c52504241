/**
 * The daemon under a steady load of 2,000 events a second (exec, fork, exit as 1:2:2, lines of real size), on Linux as
 * root: nothing may be lost, and memory must be flat after the first minute.
 *
 * Usage: npm run soak [-- --minutes 10] [--transport pty|pipe] [--json]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Installation, processStatus, type RunningDaemon, whyNoDaemon } from '../test/support/daemon.ts';

const EVENTS_PER_SECOND = 2_000;
/** An execution comes with two forks and two exits. */
const RATE = EVENTS_PER_SECOND / 5;
const SAMPLE_MS = 5_000;
/** What a garbage-collected heap may wander by. */
const MAX_GROWTH_KIB = 16 * 1024;

interface Sample {
  readonly seconds: number;
  readonly workerKiB: number;
  readonly pumpKiB: number;
}

function option(name: string, fallback: string): string {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

const residentKiB = (pid: number): number => Number.parseInt(processStatus(pid, 'VmRSS'), 10);

async function watch(daemon: RunningDaemon, minutes: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  const started = performance.now();
  while (performance.now() - started < minutes * 60_000) {
    await sleep(SAMPLE_MS);
    samples.push({
      seconds: Math.round((performance.now() - started) / 1_000),
      workerKiB: residentKiB(daemon.workerPid),
      pumpKiB: residentKiB(daemon.pid),
    });
  }
  return samples;
}

/** Of the middle half of some samples, so that one collection does not decide. */
function typical(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.floor(sorted.length / 4), Math.ceil((sorted.length * 3) / 4));
  return Math.round(middle.reduce((sum, value) => sum + value, 0) / middle.length);
}

async function soak(installed: Installation, minutes: number, transport: string): Promise<object> {
  installed.reset({ rate: RATE, realMix: true, matchEvery: 4_000 });
  const daemon = installed.start({ options: ['--transport', transport] });
  await daemon.logged('tap run');
  const samples = await watch(daemon, minutes);
  const exit = await daemon.kill();
  const { stdout } = await installed.exectap(['status', '--json', '--state', installed.path('state')]);
  const { tap, gaps } = JSON.parse(stdout).agent.counters;
  const settled = samples.filter(({ seconds }) => seconds > Math.min(60, (minutes * 60) / 2));
  const half = Math.floor(settled.length / 2);
  const first = typical(settled.slice(0, half).map(({ workerKiB }) => workerKiB));
  const second = typical(settled.slice(half).map(({ workerKiB }) => workerKiB));
  const events = tap.exec + tap.fork + tap.exit;
  const dropped = Number(daemon.lines.at(-1)?.['lines.dropped']);
  return {
    date: new Date().toISOString().slice(0, 10),
    transport,
    minutes,
    events,
    events_per_second: Math.round(events / (minutes * 60)),
    lost: tap.lostByKernel + tap.overflow + dropped,
    undecodable: tap.undecodable,
    gaps: gaps?.total ?? 0,
    worker_kib: {
      first_half: first,
      second_half: second,
      most: Math.max(...samples.map((each) => each.workerKiB)),
    },
    pump_kib: Math.max(...samples.map((each) => each.pumpKiB)),
    exit,
    good:
      exit === 0 &&
      tap.lostByKernel + tap.overflow + dropped + tap.undecodable === 0 &&
      second - first < MAX_GROWTH_KIB,
  };
}

const why = whyNoDaemon();
if (why !== null) {
  process.stderr.write(`soak: cannot run here: ${why}\n`);
  process.exitCode = 1;
} else {
  const installed = new Installation();
  try {
    const result = await soak(installed, Number(option('--minutes', '10')), option('--transport', 'pty'));
    process.stdout.write(`${JSON.stringify(result, null, process.argv.includes('--json') ? 0 : 2)}\n`);
    if (!(result as { good: boolean }).good) process.exitCode = 1;
  } finally {
    installed.remove();
  }
}
