import * as v from 'valibot';
import { type RequestKind, requestKind } from '../../control/index.ts';
import { ExectapError } from '../../errors.ts';
import type { ProcessEntity } from '../../process/index.ts';
import { LOG_LEVELS } from '../log.ts';
import type { KillTarget } from '../root-channel.ts';
import type { AgentParts } from './parts.ts';

const nothing = v.strictObject({});
const process_ = v.strictObject({ id: v.pipe(v.string(), v.regex(/^[\w+/=-]{1,64}$/)) });
const level = v.strictObject({ level: v.picklist(LOG_LEVELS) });

/** Requests that make the agent do something. */
export function operationRequests(parts: AgentParts): RequestKind[] {
  // Flushes wait for each other, and a person waits two seconds: those who come meanwhile share one.
  let flushing: Promise<number> | null = null;
  const flush = (): Promise<number> => {
    flushing ??= parts.flush().finally(() => {
      flushing = null;
    });
    return flushing;
  };
  return [
    requestKind('reload', { role: 'root', changes: true }, nothing, () => parts.reload()),
    requestKind('flush', { role: 'root', changes: true }, nothing, async () => ({
      waiting: await flush(),
    })),
    requestKind('log-level', { role: 'root', changes: true }, level, async (asked) =>
      parts.setLogLevel(asked.level),
    ),
    requestKind('tap.restart', { role: 'root', changes: true }, nothing, () => rootOf(parts).restartTap()),
    requestKind('respond.kill', { role: 'root', changes: true }, process_, async ({ id }) => {
      const root = rootOf(parts);
      const entity = parts.findProcess(id);
      if (entity === null)
        throw new ExectapError(`no living process that was seen has the pid or entity id ${id}`, {
          remedy: 'exectap alerts show ID names the processes of an alert',
        });
      const { result, reason } = await root.kill(targetOf(entity));
      return { result, reason, pid: entity.pid, executable: entity.image.executable };
    }),
  ];
}

function rootOf({ root }: AgentParts): NonNullable<AgentParts['root']> {
  if (root !== null) return root;
  throw new ExectapError('this agent runs in one process, for development: only the daemon can do this', {
    remedy: 'install exectap as a daemon',
  });
}

/**
 * On macOS an audit token, of which the kernel compares pid and pidversion with the living process [XNU,
 * bsd/kern/proc_info.c, proc_info_signal_audittoken]; elsewhere pid and start.
 */
function targetOf({ pid, startUs, pidversions }: ProcessEntity): KillTarget {
  const pidversion = pidversions.at(-1);
  if (process.platform !== 'darwin' || pidversion === undefined) return { pid, startUs };
  return { token: [0, 0, 0, 0, 0, pid, 0, pidversion] };
}
