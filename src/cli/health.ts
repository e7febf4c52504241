import { Command } from 'commander';
import { openHoldings } from './agent-or-store.ts';
import type { Io } from './io.ts';
import { jsonOption, placeOf } from './options.ts';
import { printable } from './output/printable.ts';
import { count } from './output/summary.ts';

export function healthCommand(io: Io): Command {
  return new Command('health')
    .description('whether the agent sees everything and gets rid of what it finds; exit code 1 if not')
    .addOption(jsonOption('one JSON object'))
    .action(async (options: { json?: boolean }, command: Command) => {
      const holdings = await openHoldings(placeOf(command), 'read');
      try {
        const health = await holdings.health();
        const muted = health.muted > 0 ? [`  ${count(health.muted, 'event was', 'events were')} muted`] : [];
        const page = [health.verdict, ...health.reasons.map((reason) => `  ${printable(reason)}`), ...muted];
        await io.write(options.json === true ? `${JSON.stringify(health)}\n` : `${page.join('\n')}\n`);
        if (health.verdict !== 'ok') process.exitCode = 1;
      } finally {
        await holdings.close();
      }
    });
}
