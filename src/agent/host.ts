import { execFile } from 'node:child_process';
import os from 'node:os';
import { promisify } from 'node:util';
import type { HostIdentity } from '../ecs/index.ts';
import { ExectapError, messageOf } from '../errors.ts';

/** Apple's tools answer at once or not at all. */
const TOOL_TIMEOUT_MS = 5_000;

type Run = (program: string, args: readonly string[]) => Promise<string>;

const run: Run = async (program, args) => {
  const { stdout } = await promisify(execFile)(program, args, { timeout: TOOL_TIMEOUT_MS, encoding: 'utf8' });
  return stdout;
};

/**
 * Who this Mac is, for the documents of a live tap: IOPlatformUUID, which survives everything but a new logic board.
 *
 * @throws ExectapError where it is not a Mac or does not say
 */
export async function thisMac(tool: Run = run): Promise<HostIdentity> {
  const [registry, version, build] = await Promise.all([
    ask(tool, '/usr/sbin/ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice']),
    ask(tool, '/usr/bin/sw_vers', ['-productVersion']),
    ask(tool, '/usr/bin/sw_vers', ['-buildVersion']),
  ]);
  const id = /"IOPlatformUUID"\s*=\s*"([0-9A-Fa-f-]{36})"/.exec(registry)?.[1];
  if (id === undefined) {
    throw new ExectapError(
      'ioreg does not tell the IOPlatformUUID of this Mac, so its events would have no host.id',
      {
        remedy: 'look at the output of: /usr/sbin/ioreg -rd1 -c IOPlatformExpertDevice',
      },
    );
  }
  return {
    id,
    name: os.hostname(),
    architecture: os.arch() === 'x64' ? 'x86_64' : os.arch(),
    osVersion: version.trim(),
    osBuild: build.trim(),
    kernel: os.version(),
  };
}

async function ask(tool: Run, program: string, args: readonly string[]): Promise<string> {
  try {
    return await tool(program, args);
  } catch (error) {
    throw new ExectapError(`${program} ${args.join(' ')} failed: ${messageOf(error)}`, { cause: error });
  }
}
