import { setTimeout as sleep } from 'node:timers/promises';
import type { Installation, LogLine, RunningDaemon } from './daemon.ts';
import type { Fault } from './faults.ts';

const ALERT = 'Dumping of Keychain Content via Security Command';
/** Long enough for what must not come. */
const QUIET_MS = 1_500;
const BEHAVIOUR_READ_MS = 700;

export interface FaultOutcome {
  readonly name: string;
  /** What health said, first line first. */
  readonly state: readonly string[];
  readonly gap: string;
  /** From the start of the daemon to an alert behind the fault; null where none can come. */
  readonly recoveredMs: number | null;
  /** What was expected and did not happen. */
  readonly faults: readonly string[];
}

/** Lets the stand-in fail in this way under a daemon, and looks at what is told of it. */
export async function provoke(installed: Installation, fault: Fault): Promise<FaultOutcome> {
  installed.reset(fault.behaviour);
  const started = performance.now();
  const config = fault.config === undefined ? [] : ['--config', installed.write('config.yaml', fault.config)];
  const daemon = installed.start({
    worker: [...installed.worker, ...config],
    options: [...(fault.options ?? []), '--tap-record', installed.path('tap.record')],
  });
  const faults: string[] = [];
  const must = async (what: string, wait: () => Promise<unknown>): Promise<void> => {
    try {
      await wait();
    } catch {
      faults.push(`${what} did not come`);
    }
  };
  try {
    await daemon.logged((line) => 'tap.pid' in line);
    if (fault.after !== undefined) {
      // Once it has read how it is to behave, and before it is started again.
      await sleep(BEHAVIOUR_READ_MS);
      installed.behave(fault.after);
    }
    if (fault.gap !== null) await must(`a gap for ${fault.gap.cause}`, () => gapOf(daemon, fault));
    if (fault.logged !== undefined) await must(fault.logged, () => daemon.logged(fault.logged!));
    const seen = daemon.count(ALERT);
    let recoveredMs: number | null = null;
    if (fault.recovers) {
      await must('an event afterwards', () => daemon.logged(ALERT, fault.gap === null ? 1 : seen + 1));
      recoveredMs = Math.round(performance.now() - started);
    } else await sleep(QUIET_MS);
    const { stdout } = await installed.exectap(['health', '--socket', installed.socket]);
    if (fault.health !== undefined && !fault.health.test(stdout)) faults.push(`health says ${stdout}`);
    const code = await daemon.kill();
    if (code !== 0) faults.push(`exectapd ended with code ${code}`);
    faults.push(...(await wrongCounters(installed, fault)));
    const gaps = daemon.lines.filter(isGap);
    if (fault.gap === null && gaps.length > 0)
      faults.push(`told a gap that there was not: ${JSON.stringify(gaps)}`);
    return {
      name: fault.name,
      state: stdout.trimEnd().split('\n'),
      gap: gapWords(gaps),
      recoveredMs,
      faults,
    };
  } finally {
    if (daemon.child.exitCode === null) await daemon.kill('SIGKILL');
  }
}

const isGap = (line: LogLine): boolean => line.message === 'gap';

function gapOf(daemon: RunningDaemon, { gap }: Fault): Promise<LogLine> {
  return daemon.logged(
    (line) => isGap(line) && line.cause === gap!.cause && (gap!.detail?.test(String(line.detail)) ?? true),
  );
}

function gapWords(gaps: readonly LogLine[]): string {
  const [gap] = gaps;
  if (gap === undefined) return 'none';
  return typeof gap.detail === 'string' ? `${String(gap.cause)}: ${gap.detail}` : String(gap.cause);
}

async function wrongCounters(installed: Installation, { tap }: Fault): Promise<string[]> {
  if (tap === undefined) return [];
  const { stdout } = await installed.exectap(['status', '--json', '--state', installed.path('state')]);
  const counted = JSON.parse(stdout).agent.counters.tap as Record<string, unknown>;
  return Object.entries(tap)
    .filter(([name, number]) => counted[name] !== number)
    .map(([name, number]) => `${name}: expected ${number}, got ${String(counted[name])}`);
}
