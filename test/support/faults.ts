import type { Behaviour } from './daemon.ts';

/** One way in which eslogger fails, and what must come of it. */
export interface Fault {
  readonly name: string;
  readonly behaviour: Behaviour;
  /** What it does from its next start on; the same where it is left out. */
  readonly after?: Behaviour;
  readonly options?: readonly string[];
  /** Configuration of the worker, as YAML. */
  readonly config?: string;
  /** A gap that must be told, with what its detail must hold; null where there must be none. */
  readonly gap: { readonly cause: string; readonly detail?: RegExp } | null;
  /** What health must say while it lasts or afterwards. */
  readonly health?: RegExp;
  /** A line that exectapd must log. */
  readonly logged?: string;
  /** Counters of the tap at the end. */
  readonly tap?: Readonly<Record<string, number>>;
  /** Whether events are seen again, or still. */
  readonly recovers: boolean;
}

const STEADY: Behaviour = { rate: 200, matchEvery: 20 };

export const FAULTS: readonly Fault[] = [
  {
    name: 'it ends with an exit code',
    behaviour: { ...STEADY, triples: 20, exit: 3 },
    after: STEADY,
    gap: { cause: 'tap ended', detail: /ended with code 3/ },
    health: /was blind from .*tap ended/,
    recovers: true,
  },
  {
    name: 'it lacks Full Disk Access until somebody gives it',
    behaviour: {
      triples: 0,
      exit: 1,
      stderr: 'Failed to create ES client: Not permitted (ES_NEW_CLIENT_RESULT_ERR_NOT_PERMITTED)',
    },
    after: STEADY,
    gap: { cause: 'no permission', detail: /no full disk access .*Privacy & Security/ },
    recovers: true,
  },
  {
    name: 'it is not root',
    behaviour: { triples: 0, exit: 1, stderr: 'ES_NEW_CLIENT_RESULT_ERR_NOT_PRIVILEGED' },
    gap: { cause: 'no permission', detail: /not root/ },
    health: /blind since .*no permission/,
    recovers: false,
  },
  {
    name: 'too many clients listen',
    behaviour: { triples: 0, exit: 1, stderr: 'ES_NEW_CLIENT_RESULT_ERR_TOO_MANY_CLIENTS' },
    gap: { cause: 'tap ended', detail: /too many clients/ },
    recovers: false,
  },
  {
    name: 'it ends in the middle of a line',
    behaviour: { ...STEADY, triples: 20, halfLine: true, exit: 0 },
    after: STEADY,
    gap: { cause: 'tap ended' },
    tap: { undecodable: 1 },
    recovers: true,
  },
  {
    name: 'it writes a line of 9 MiB',
    // The alert comes behind the line.
    behaviour: { rate: 400, matchEvery: 400, longLine: 9 * 1024 * 1024 },
    gap: null,
    tap: { tooLong: 1, undecodable: 0 },
    health: /1 lines were longer/,
    recovers: true,
  },
  {
    name: 'it goes silent without a word',
    behaviour: { rate: 200, matchEvery: 20, silentAfter: 100 },
    after: STEADY,
    config: 'selftest:\n  interval: 10s\n  timeout: 1s\n',
    gap: { cause: 'tap silent', detail: /the tap is silent now/ },
    recovers: true,
  },
  {
    name: 'it starts and never says anything',
    behaviour: { triples: 0, seesSelfTests: false },
    after: STEADY,
    config: 'selftest:\n  interval: 10s\n  timeout: 1s\n',
    gap: { cause: 'tap silent', detail: /no Full Disk Access/ },
    recovers: true,
  },
  {
    name: 'it chatters on standard error',
    behaviour: { ...STEADY, stderr: 'warning: nothing of importance\n'.repeat(1_000) },
    gap: null,
    recovers: true,
  },
  {
    name: 'it does not know an event',
    behaviour: { ...STEADY, events: ['exec', 'exit'] },
    gap: null,
    logged: 'the tap does not know an event',
    recovers: true,
  },
  {
    name: 'it hangs when asked which events it knows',
    behaviour: { ...STEADY, listsNothing: true },
    gap: null,
    logged: 'the tap does not tell which events it knows',
    recovers: true,
  },
  {
    name: 'it ignores SIGINT, SIGTERM and SIGHUP',
    behaviour: { ...STEADY, ignores: ['SIGINT', 'SIGTERM', 'SIGHUP'] },
    gap: null,
    recovers: true,
  },
  {
    name: 'it ends lines with \\r\\n and begins with junk',
    behaviour: { ...STEADY, crlf: true },
    gap: null,
    tap: { undecodable: 0 },
    recovers: true,
  },
  {
    name: 'the kernel drops events',
    behaviour: { ...STEADY, loseEvery: 10 },
    gap: { cause: 'sequence', detail: /never came/ },
    health: /events were lost/,
    recovers: true,
  },
  {
    name: 'its numbers begin again',
    behaviour: { ...STEADY, restartEvery: 50 },
    gap: { cause: 'sequence', detail: /began again/ },
    recovers: true,
  },
  {
    name: 'it writes in blocks to a pipe: a poke pushes out what waits',
    behaviour: { rate: 100, triples: 3, matchEvery: 3, blocks: 8_192 },
    options: ['--transport', 'pipe', '--poke-after', '300'],
    gap: null,
    recovers: true,
  },
];
