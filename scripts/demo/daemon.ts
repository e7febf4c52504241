/**
 * The daemon at work: root's pump and the worker without rights, an alert through the drop, kill -9 of either, what each
 * costs and what is told of it. This script plays launchd, which starts exectapd again when it dies.
 *
 * Usage: scripts/demo-daemon [--json]
 */
import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gap } from '../../src/agent/gaps.ts';
import {
  Installation,
  isAlive,
  processStatus,
  type RunningDaemon,
  until,
  whyNoDaemon,
} from '../../test/support/daemon.ts';

const ALERT = 'Dumping of Keychain Content via Security Command';
/** Past a heartbeat, by which the worker has written down how far it has read. */
const SETTLE_MS = 5_500;

const json = process.argv.includes('--json');
const say = (text: string): void => {
  if (!json) process.stdout.write(`${text}\n`);
};

interface ProcessRow {
  readonly name: string;
  readonly pid: number;
  readonly user: string;
  readonly rssKiB: number;
}

interface Kill {
  readonly killed: string;
  /** From the kill to the next alert. */
  readonly recoveredMs: number;
  readonly gaps: readonly Gap[];
}

async function demonstrate(installed: Installation): Promise<object> {
  installed.reset({ rate: 100, matchEvery: 50 });
  let daemon = installed.start();
  await daemon.logged(ALERT);
  const processes = rows(installed, daemon);
  say('The processes:');
  for (const { name, pid, user, rssKiB } of processes)
    say(`  ${name.padEnd(9)} pid ${String(pid).padEnd(7)} user ${user.padEnd(9)} ${rssKiB} KiB resident`);
  say('\nThe first alert, found by the worker on what root has tapped:');
  say(indent((await ask(installed, ['alerts', 'list'])).stdout));

  await sleep(SETTLE_MS);
  say('kill -9 of the worker:');
  const worker = await afterKill(installed, daemon, 'worker', async () => {
    process.kill(daemon.workerPid, 'SIGKILL');
    return daemon;
  });

  await sleep(SETTLE_MS);
  say('\nkill -9 of exectapd (launchd, played by this script, starts it again):');
  const pump = await afterKill(installed, daemon, 'exectapd', async () => {
    const { workerPid, tapPid } = daemon;
    await daemon.kill('SIGKILL');
    await until(() => (isAlive(workerPid) || isAlive(tapPid) ? undefined : true));
    say('  worker and tap ended with it');
    daemon = installed.start();
    return daemon;
  });

  const code = await daemon.kill();
  say(`\nSIGTERM: everything ended in order, exit code ${code}`);
  const { stdout } = await ask(installed, ['status', '--state', installed.path('state')], false);
  say(indent(stdout));
  return { processes, kills: [worker, pump], exit: code };
}

async function afterKill(
  installed: Installation,
  before: RunningDaemon,
  killed: string,
  kill: () => Promise<RunningDaemon>,
): Promise<Kill> {
  const started = performance.now();
  const alerts = before.count(ALERT);
  const workers = before.count('worker started');
  const daemon = await kill();
  const same = daemon === before;
  await daemon.logged('worker started', same ? workers + 1 : 1);
  await daemon.logged(ALERT, same ? alerts + 1 : 1);
  const recoveredMs = Math.round(performance.now() - started);
  say(`  an alert again after ${recoveredMs} ms; what was not seen:`);
  const { stdout } = await ask(installed, ['status', '--json']);
  const gaps = (JSON.parse(stdout).agent.counters.gaps?.recent ?? []) as Gap[];
  for (const gap of gaps) {
    const lost = gap.lost === null ? 'unknown' : `${gap.exact ? '' : 'at most '}${gap.lost} events`;
    const to = gap.toMs === null ? 'now' : new Date(gap.toMs).toISOString();
    say(`    ${new Date(gap.fromMs).toISOString()} to ${to}  ${gap.cause}, lost: ${lost}`);
  }
  return { killed, recoveredMs, gaps };
}

function rows(installed: Installation, daemon: RunningDaemon): ProcessRow[] {
  const named = [
    ['exectapd', daemon.pid],
    ['worker', daemon.workerPid],
    ['tap', daemon.tapPid],
  ] as const;
  const names = new Map([
    [installed.user.uid, installed.user.name],
    [0, userInfo().username],
  ]);
  return named.map(([name, pid]) => ({
    name,
    pid,
    user: names.get(Number(processStatus(pid, 'Uid').split('\t')[0])) ?? '?',
    rssKiB: Number.parseInt(processStatus(pid, 'VmRSS'), 10),
  }));
}

function ask(installed: Installation, args: readonly string[], running = true) {
  return installed.exectap(running ? [...args, '--socket', installed.socket] : args);
}

const indent = (text: string): string => text.replace(/^(?=.)/gm, '  ');

const why = whyNoDaemon();
if (why !== null) {
  process.stderr.write(`demo-daemon: cannot be shown here: ${why}\n`);
  process.exitCode = 1;
} else {
  const installed = new Installation();
  try {
    const result = await demonstrate(installed);
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  } finally {
    installed.remove();
  }
}
