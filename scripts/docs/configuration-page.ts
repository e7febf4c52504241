/** docs/configuration.md: what stands in the table of keys, and around it what no table can say. */
import { SYSTEM_FILE } from '../../src/agent/config.ts';
import { MANAGED_DOMAIN, MANAGED_FILE } from '../../src/agent/config-managed.ts';
import { keysAsMarkdown } from '../../src/agent/config-print.ts';

export function configurationPage(): string {
  return `<!-- Made by "npm run docs:config" from src/agent/config-schema.ts; a test holds that it is current. -->

# Configuration

Everything has a default; a file is needed only to send alerts somewhere, or to change something.

\`\`\`sh
exectap config init --out config.yaml    # every key at its default, explained; never over a file
exectap config check [FILE]              # every fault with its line, and what is dangerous; exit code 1 if any is wrong
exectap config show [--json]             # every key, its value, and where it comes from
sudo exectap reload                      # a running agent takes rules, mutes and the log's level up at once
\`\`\`

## Where it comes from

Key by key, the first that has it:

1. **Options** of the command line: \`--state\`, \`--source\`, \`--log-level\`. \`--rules\` adds to \`rules\`.
2. **Managed preferences**, on macOS: what a configuration profile sets for the domain \`${MANAGED_DOMAIN}\`. macOS lays it in
   \`${MANAGED_FILE}\`, in either form of property lists. Paths must be absolute there.
3. **The file**: \`--config FILE\`, else \`${SYSTEM_FILE}\` where it exists, on
   macOS. Paths in it are relative to its folder.
4. **The defaults.**

Managed preferences and the file of the installation are read by root and by the daemon's worker; another user's
\`exectap run\` reads what \`--config\` names and nothing else. A list is one value: \`mutes\` of a profile replace those of the
file, they are not added to them.

A file is refused where somebody other than root could have written it or put another in its place (in development: or
the running user). Unknown keys and bad values are refused, all of them at once, and the agent does not start; a running
agent refuses to reload and goes on with what it has. Secrets stand in files of their own, never in the configuration.

A duration is written \`250ms\`, \`5s\`, \`10m\`, \`1h\`, \`7d\`, or as a number of seconds.

## Keys

${keysAsMarkdown()}
## Mutes

A mute cuts events before the rules: no rule sees them, no document is made of them, \`exectap tail\` does not show them.
The process table still learns of them, so that their children know their parents. Each entry has exactly one key:

| key | an exec | a fork | an exit |
|---|---|---|---|
| \`path\` | the new program's path | the child's (its parent's still) | that of the process that ends |
| \`parent\` | the path of what its parent runs | of what the parent runs, which forks | of what its parent runs |
| \`signing_id\` | the new program's identifier | the child's | that of the process that ends |
| \`team_id\` | the new program's team | the child's | that of the process that ends |

- Paths are prefixes that end where a component does: \`/opt/a\` and \`/opt/a/\` cover what lies below it, the first also a
  program \`/opt/a\`, neither \`/opt/ab\`. Upper and lower case differ, and there are no patterns. macOS reports paths without
  links: \`/private/tmp\`, not \`/tmp\`.
- A \`parent\` that the agent has not seen mutes nothing. It is the parent of now: a child whose parent has ended is
  launchd's.
- \`signing_id\` and \`team_id\` count only where the signature is valid and Apple vouches for the signer; anybody can sign ad
  hoc under any name. A bare identifier can be taken by any team: write \`TEAM:identifier\`, or \`platform:identifier\` for what
  comes with macOS.
- The first that matches an event cuts and counts it. \`exectap status\` shows how many events each mute has cut,
  \`exectap health\` how many in all.
- A sequence whose events are partly muted does not come about.

**Mutes are dangerous.** Who can run what is muted is not seen. Mute programs that cannot be made to start others and that
nobody but root can replace; to keep alerts away, prefer an exception (\`exectap exceptions\`), which ends and is counted
with each alert that it prevents. \`config check\` warns, and the log does at every start, where a mute covers a shell or
another tool that serves anybody, a folder in which others may put programs, or what any team can sign.
`;
}
