import { Command } from 'commander';
import { type GapFilter, MAX_GAPS, type StoredGap } from '../store/index.ts';
import { connectAgent, openDatabase } from './agent-or-store.ts';
import type { Io } from './io.ts';
import { jsonOption, type Place, parseLimit, parseSince, placeOf } from './options.ts';
import { gapJson, gapTable } from './output/gap-rows.ts';
import { count } from './output/summary.ts';

interface Options {
  json?: boolean;
  since?: number;
  open?: boolean;
  limit: number;
}

export function gapsCommand(io: Io): Command {
  return new Command('gaps')
    .description('the intervals in which executions may have happened that no rule saw, newest first')
    .addOption(jsonOption('a gap a line'))
    .option(
      '--since <when>',
      'only those that lasted since: an age (90m, 12h, 7d) or an ISO 8601 time',
      (text) => parseSince(text, io.now()),
    )
    .option('--open', 'only those that last')
    .option('--limit <n>', 'at most so many', parseLimit, 1_000)
    .action((options: Options, command: Command) => list(io, options, placeOf(command)));
}

async function list(io: Io, options: Options, place: Place): Promise<void> {
  const limit = Math.min(options.limit, MAX_GAPS);
  const found = await gapsOf(place, {
    // One more tells whether there are more.
    limit: limit + 1,
    open: options.open === true,
    ...(options.since !== undefined && { sinceMs: options.since }),
  });
  const gaps = found.slice(0, limit);
  if (options.json === true) await io.write(gaps.map((gap) => `${JSON.stringify(gapJson(gap))}\n`).join(''));
  else if (gaps.length > 0) await io.write(gapTable(gaps, io.now(), io.tty));
  else io.say('no gaps\n');
  if (found.length > gaps.length)
    io.say(`only the newest ${count(gaps.length, 'gap')}: --limit shows more\n`);
}

/** From the agent that runs for this place, which knows how far a loss has come; else from its database. */
async function gapsOf(place: Place, filter: GapFilter): Promise<StoredGap[]> {
  const client = await connectAgent(place);
  if (client !== null) {
    try {
      const gaps: StoredGap[] = [];
      await client.call('gaps.list', filter, { onItem: (item) => void gaps.push(item as StoredGap) });
      return gaps;
    } finally {
      client.close();
    }
  }
  const store = await openDatabase(place, 'read');
  try {
    return await store.gaps(filter);
  } finally {
    await store.close();
  }
}
