import type { Config } from './config.ts';
import type { Log } from './log.ts';
import { type MuteSelector, muteName, pathMatcher, signingIdOf } from './mutes.ts';

/** Programs that do for anybody what they are told to; who mutes them mutes whoever uses them. */
const ANYBODYS_TOOLS = [
  '/bin/sh',
  '/bin/bash',
  '/bin/zsh',
  '/bin/dash',
  '/usr/bin/env',
  '/usr/bin/osascript',
  '/usr/bin/perl',
  '/usr/bin/python3',
  '/usr/bin/ruby',
  '/usr/bin/security',
  '/usr/bin/curl',
  '/usr/libexec/xpcproxy',
  '/usr/sbin/installer',
  '/sbin/launchd',
];

/** Folders in which others than root can put programs on a Mac as it is delivered, or with Homebrew. */
const OTHERS_FOLDERS = [
  '/Applications',
  '/Users',
  '/Volumes',
  '/opt/homebrew',
  '/private/tmp',
  '/private/var/folders',
  '/private/var/tmp',
  '/usr/local',
];

/** Symbolic links of macOS; events carry the path behind them. */
const LINKS = ['/tmp', '/var', '/etc'];

/** What may be meant and is dangerous, in words for a person. */
export function configWarnings({ mutes }: Pick<Config, 'mutes'>): string[] {
  return mutes.flatMap((mute) => {
    const why = dangerOf(mute);
    return why === null ? [] : [`${muteName(mute)}: ${why}`];
  });
}

/** Says in the log what is dangerous, at each start and each reload: whoever reads it may not have written it. */
export function warnOf(config: Config, log: Log): void {
  for (const warning of configWarnings(config)) log.warn('a mute that hides much', { mute: warning });
}

function dangerOf({ kind, value }: MuteSelector): string | null {
  if (kind === 'team_id') return null;
  if (kind === 'signing_id')
    return signingIdOf(value).signer === null
      ? `any team can sign under this identifier: write platform:${value} for Apple’s own, else TEAM:${value}`
      : null;
  const covers = pathMatcher(value);
  const link = LINKS.find((each) => pathMatcher(each)(value));
  if (link !== undefined) return `matches nothing: macOS reports /private${link} for ${link}`;
  const tools = ANYBODYS_TOOLS.filter(covers);
  const through = kind === 'path' ? 'whatever runs as' : 'whatever is started by';
  if (tools.length > 0)
    return `${through} ${tools[0]}${tools.length > 1 ? ` (and ${tools.length - 1} more like it)` : ''} is not seen`;
  const open = OTHERS_FOLDERS.find((folder) => covers(folder) || pathMatcher(folder)(value));
  return open === undefined ? null : `others than root may put programs below ${open}`;
}
