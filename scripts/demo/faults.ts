/** Every fault of the stand-in, one after the other: state, gap, recovery. Usage: scripts/faults [--json] */
import { Installation, whyNoDaemon } from '../../test/support/daemon.ts';
import { provoke } from '../../test/support/fault-run.ts';
import { FAULTS } from '../../test/support/faults.ts';

const json = process.argv.includes('--json');

const why = whyNoDaemon();
if (why !== null) {
  process.stderr.write(`faults: cannot be shown here: ${why}\n`);
  process.exitCode = 1;
} else {
  const installed = new Installation();
  try {
    for (const fault of FAULTS) {
      const outcome = await provoke(installed, fault);
      if (outcome.faults.length > 0) process.exitCode = 1;
      if (json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
      else {
        const recovered =
          outcome.recoveredMs === null ? 'nothing to see yet' : `events after ${outcome.recoveredMs} ms`;
        const lines = [
          outcome.state.join('\n            '),
          outcome.gap,
          recovered,
          ...outcome.faults.map((each) => `WRONG: ${each}`),
        ];
        process.stdout.write(`${outcome.name}\n`);
        for (const [index, line] of lines.entries())
          process.stdout.write(`  ${(['state', 'gap', 'recovery'][index] ?? '').padEnd(9)} ${line}\n`);
      }
    }
  } finally {
    installed.remove();
  }
}
