import * as v from 'valibot';
import { messageOf } from '../errors.ts';
import { elasticRule, fromElasticRule, whyNotHere } from './elastic-rule.ts';
import { RuleError } from './errors.ts';
import type { Rule } from './rule.ts';
import { checkRule, readRuleFile, refuse } from './rule-file.ts';

/** Bytes of an export: every published rule of Elastic's in one file is some 20 MiB. */
const EXPORT_BYTES = 128 * 1024 * 1024;

/** What one line of an export is. Exception lists, connectors and the closing details are no rules. */
export type ExportLine =
  | { readonly line: number; readonly rule: Rule }
  | { readonly line: number; readonly error: RuleError };

/**
 * Reads the rules of a Kibana detection-rule export (NDJSON). A line that is no usable rule is an error of its own
 * and does not hide the others.
 *
 * @throws RuleError where the file cannot be read
 */
export function readKibanaExport(file: string, ruleset: string): ExportLine[] {
  return readRuleFile(file, EXPORT_BYTES)
    .split('\n')
    .flatMap((text, index) => (text.trim() === '' ? [] : readLine(file, ruleset, text, index + 1)));
}

function readLine(file: string, ruleset: string, text: string, line: number): ExportLine[] {
  try {
    const value = parseLine(file, text, line);
    if (!v.is(v.object({ rule_id: v.unknown() }), value)) return [];
    refuse(file, line, whyNotHere(value));
    const rule = checkRule(elasticRule, value, file, () => line);
    return [{ line, rule: fromElasticRule(rule, { file, ruleset, queryLine: line }) }];
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return [{ line, error }];
  }
}

function parseLine(file: string, text: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RuleError(file, line, `not valid JSON: ${messageOf(error)}`, { cause: error });
  }
}
