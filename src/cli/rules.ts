import { Command } from 'commander';
import { ExectapError } from '../errors.ts';
import { checkLoaded, type RuleReport, readRules, type Verdict } from '../rules/index.ts';
import type { Io } from './io.ts';
import { jsonOption } from './options.ts';
import { printable } from './output/printable.ts';
import { count } from './output/summary.ts';
import { table } from './output/table.ts';

export function rulesCommand(io: Io): Command {
  return new Command('rules').description('detection rules').addCommand(
    new Command('check')
      .description('whether this agent can run the rules of files and folders, and if not, what is missing')
      .argument(
        '<path...>',
        'Elastic’s detection rules or behaviour rules (TOML), Kibana’s exports (NDJSON), or folders of them',
      )
      .addOption(jsonOption('a report a line'))
      .action((paths: string[], options: { json?: boolean }) => check(io, paths, options.json === true)),
  );
}

async function check(io: Io, paths: readonly string[], json: boolean): Promise<void> {
  const reports: RuleReport[] = [];
  for (const path of paths) {
    for (const loaded of readRules(path)) reports.push(checkLoaded(loaded));
  }
  if (json) await io.write(reports.map((report) => `${JSON.stringify(reportJson(report))}\n`).join(''));
  else if (reports.length > 0) await io.write(table(['VERDICT', 'RULE', 'WHY'], reports.map(row), io.tty));
  io.say(`${summary(reports)}\n`);
  const broken = reports.filter((report) => report.broken).length;
  if (broken > 0) throw new ExectapError(`${count(broken, 'rule')} cannot be read or checked`);
}

function row(report: RuleReport): string[] {
  const place = report.line === undefined ? report.file : `${report.file}:${report.line}`;
  return [report.verdict, printable(report.name ?? place), printable(reasons(report).join('; '))];
}

function reasons({ file, line, problem, fields, categories, warnings }: RuleReport): string[] {
  if (problem !== undefined) return [`${file}${line === undefined ? '' : `:${line}`}: ${problem}`];
  const list = (what: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`${what} ${names.join(', ')}`];
  return [
    ...list('no events of category', categories.missing),
    ...list('not known here:', fields.missing),
    ...list('cannot exclude by', [...categories.missingInNegation, ...fields.missingInNegation]),
    ...warnings.filter((warning) => !fields.missing.some((name) => warning.includes(name))),
  ];
}

function reportJson({ fields, categories, ...report }: RuleReport): object {
  const provided = ({ provided, missing, missingInNegation }: RuleReport['fields']): object => ({
    provided,
    missing,
    missing_in_negation: missingInNegation,
  });
  return { ...report, fields: provided(fields), categories: provided(categories) };
}

function summary(reports: readonly RuleReport[]): string {
  const of = (verdict: Verdict): number => reports.filter((report) => report.verdict === verdict).length;
  return `${count(reports.length, 'rule')}: ${of('runs')} run, ${of('runs approximately')} run approximately, ${of('cannot run')} cannot run here`;
}
