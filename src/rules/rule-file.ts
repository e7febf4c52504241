import { readFileSync, statSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { messageOf } from '../errors.ts';
import { RuleError, UnusableRuleError } from './errors.ts';

/** Bytes of one TOML rule file: the largest published one is below 64 KiB. */
export const RULE_FILE_BYTES = 1024 * 1024;

/** A rule file that is TOML, read but not yet checked. */
export interface TomlFile {
  readonly file: string;
  /** The name of the set the file belongs to, shown as `rule.ruleset`. */
  readonly ruleset: string;
  readonly source: string;
  readonly value: unknown;
}

/** The text of a rule file. @throws RuleError where it cannot be read or is larger than `maxBytes` */
export function readRuleFile(file: string, maxBytes: number = RULE_FILE_BYTES): string {
  try {
    const { size } = statSync(file);
    if (size > maxBytes) {
      throw new RuleError(file, undefined, `${size} bytes are more than a rule file may have (${maxBytes})`);
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof RuleError) throw error;
    throw new RuleError(file, undefined, `cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** @throws RuleError with the line where it is no TOML */
export function parseToml(file: string, source: string): unknown {
  try {
    return parse(source);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new RuleError(file, error.line, `not valid TOML: ${error.message}`, { cause: error });
  }
}

/** Checks a value against a schema. @throws RuleError naming every fault, at the line of the first */
export function checkRule<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  file: string,
  lineOf: (path: string | null) => number | undefined,
): v.InferOutput<S> {
  const checked = v.safeParse(schema, value);
  if (checked.success) return checked.output;
  const faults = checked.issues.map((issue) => `${v.getDotPath(issue) ?? 'the rule'}: ${issue.message}`);
  throw new RuleError(file, lineOf(v.getDotPath(checked.issues[0])), faults.join('; '));
}

/** The line on which a key stands in TOML: the last part of the path at the start of a line. */
export function lineOfKey(source: string, path: string | null): number | undefined {
  const key = path?.split('.').findLast((part) => !/^\d+$/.test(part));
  if (key === undefined) return undefined;
  const index = source.split('\n').findIndex((line) => /^\s*([\w-]+)\s*=/.exec(line)?.[1] === key);
  return index < 0 ? undefined : index + 1;
}

/** The line on which the text of the query begins, behind its quotes; 1 where it cannot be told. */
export function lineOfQuery(source: string): number {
  const start = /^[ \t]*query[ \t]*=[ \t]*(?:'''|"""|'|")\s*/m.exec(source);
  return start === null ? 1 : source.slice(0, start.index + start[0].length).split('\n').length;
}

/** Refuses a rule that does not belong here. @throws UnusableRuleError */
export function refuse(file: string, line: number | undefined, why: string | undefined): void {
  if (why !== undefined) throw new UnusableRuleError(file, line, why);
}
