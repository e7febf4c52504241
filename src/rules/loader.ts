import { readdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { messageOf } from '../errors.ts';
import { readElasticRule } from './elastic-toml.ts';
import { readEndpointRule } from './endpoint-toml.ts';
import { RuleError } from './errors.ts';
import { readKibanaExport } from './kibana-ndjson.ts';
import type { Rule } from './rule.ts';
import { parseToml, readRuleFile } from './rule-file.ts';

/** A rule, or why a file or a line of it is none that runs here. */
export type Loaded = { readonly rule: Rule } | { readonly error: RuleError };

const EXPORT_ENDINGS = ['.ndjson', '.jsonl'];

/**
 * Reads the rules under a path, in order of the files' names: TOML as Elastic's detection rules or behaviour rules,
 * NDJSON as Kibana's exports. What cannot be used is yielded as its error; it never hides the rest.
 *
 * @throws RuleError where the path itself cannot be read
 */
export function* readRules(path: string): Generator<Loaded> {
  for (const file of filesUnder(path)) {
    const ruleset = basename(file, extname(file));
    if (EXPORT_ENDINGS.includes(extname(file))) yield* readExport(file, ruleset);
    else yield attempt(() => readTomlRule(file, ruleset));
  }
}

function* readExport(file: string, ruleset: string): Generator<Loaded> {
  try {
    yield* readKibanaExport(file, ruleset);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    yield { error };
  }
}

function attempt(read: () => Rule): Loaded {
  try {
    return { rule: read() };
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return { error };
  }
}

/** Detection rules are named by `rule_id`, behaviour rules by `id`. */
function readTomlRule(file: string, ruleset: string): Rule {
  const source = readRuleFile(file);
  const value = parseToml(file, source) as { rule?: { id?: unknown; rule_id?: unknown } };
  const behaviour = value.rule?.rule_id === undefined && value.rule?.id !== undefined;
  const read = behaviour ? readEndpointRule : readElasticRule;
  return read({ file, ruleset, source, value });
}

/** A folder is searched for rule files; a file that is named is one, whatever its ending. */
function filesUnder(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
    return names
      .filter((name) => ['.toml', ...EXPORT_ENDINGS].includes(extname(name)))
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    throw new RuleError(path, undefined, `cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
