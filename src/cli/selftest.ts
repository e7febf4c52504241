import { Command } from 'commander';
import type { SelfTestResult } from '../agent/index.ts';
import { requireAgent } from './agent-or-store.ts';
import type { Io } from './io.ts';
import { jsonOption, placeOf } from './options.ts';

export function selftestCommand(io: Io): Command {
  return new Command('selftest')
    .description('execute a harmless program and require that the running agent sees it; exit code 1 if not')
    .addOption(jsonOption('one JSON object'))
    .action(async (options: { json?: boolean }, command: Command) => {
      const client = await requireAgent(placeOf(command));
      try {
        const result = (await client.call('selftest')) as SelfTestResult;
        await io.write(options.json === true ? `${JSON.stringify(result)}\n` : `${sentence(result)}\n`);
        if (!result.ok) process.exitCode = 1;
      } finally {
        client.close();
      }
    });
}

function sentence({ ok, latencyMs, cause }: SelfTestResult): string {
  return ok
    ? `an execution was seen after ${latencyMs} ms`
    : `an execution was not seen: ${cause ?? 'no cause is known'}`;
}
