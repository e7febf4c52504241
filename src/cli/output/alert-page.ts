import { basename } from 'node:path/posix';
import type { StoredAlert } from '../../store/index.ts';
import { type AlertDocument, type AlertView, type Names, viewAlert } from './alert-view.ts';
import { printable, quoteArguments } from './printable.ts';
import { processTree } from './process-tree.ts';
import { type Style, styleFor } from './style.ts';

/** Everything that a responder needs of one alert, on one page. */
export function alertPage(alert: StoredAlert, tty: boolean): string {
  const style = styleFor(tty);
  const view = viewAlert(alert);
  const { document, detail } = view;
  const sections = [
    title(style, alert, document),
    facts(document),
    section(style, 'Process tree', processTree(view)),
    section(style, 'Why', [document.event.reason, ...(document.rule.description ?? '').split('\n')]),
    section(style, 'MITRE ATT&CK', techniques(document)),
    section(style, 'Triage', (detail.rule.note ?? 'The rule has no investigation guide.').split('\n')),
    section(
      style,
      'Known false positives',
      detail.rule.falsePositives.flatMap((entry) => entry.split('\n')),
    ),
    section(style, 'References', detail.rule.references),
    section(style, 'History', history(alert)),
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

/** The alert in few lines, for the end of a run: what, who, and the process tree. */
export function alertSummary(alert: StoredAlert, tty: boolean): string {
  const style = styleFor(tty);
  const view: AlertView = viewAlert(alert);
  return `${title(style, alert, view.document)}\n\n${facts(view.document)}\n\n${section(style, 'Process tree', processTree(view))}\n`;
}

function title({ bold, dim }: Style, alert: StoredAlert, document: AlertDocument): string {
  const parts = [
    alert.severity,
    `risk ${document.event.risk_score}`,
    alert.status,
    `rule version ${document.rule.version}`,
  ];
  return `${bold(printable(alert.ruleName))}\n${parts.join(' · ')}\n${dim(`alert ${alert.id}`)}`;
}

function facts(document: AlertDocument): string {
  const { process, host, user } = document;
  const rows: [string, string | undefined][] = [
    ['When', document['@timestamp']],
    [
      'Host',
      `${host.name ?? host.id}${host.name === undefined ? '' : ` (${host.id})`}, ${host.os.full ?? host.os.name}`,
    ],
    ['User', userText(user)],
    ['Process', `${basename(process.executable)}, pid ${process.pid}, entity ${process.entity_id}`],
    ['Executable', process.executable],
    ['Arguments', process.args && quoteArguments(process.args) + truncation(process)],
    ['Directory', process.working_directory],
    ['Started', process.start],
    ['Terminal', process.interactive ? 'yes' : 'none'],
    ['Signature', signature(process)],
    ['Replaced', process.previous?.executable],
    ['Parent', parentText(process)],
    ['Responsible', responsible(process)],
  ];
  const known = rows.filter((row): row is [string, string] => row[1] !== undefined);
  // Every value, whatever it is made of: a capture can put anything into any field.
  return known.map(([name, value]) => `${name.padEnd(13)}${printable(value)}`).join('\n');
}

function section({ bold }: Style, name: string, lines: readonly string[]): string {
  return lines.length === 0
    ? ''
    : `${bold(name)}\n${lines.map((line) => (line === '' ? '' : `  ${printable(line)}`)).join('\n')}`;
}

function userText(user: AlertDocument['user']): string {
  const effective = user.name === undefined ? user.id : `${user.name} (${user.id})`;
  return user.Ext.real.id === user.id ? effective : `${effective}, really ${user.Ext.real.id}`;
}

function truncation(process: AlertDocument['process']): string {
  return process.Ext?.command_line_truncated === true
    ? ` … (cut; ${process.args_count} arguments in all)`
    : '';
}

function signature({ code_signature: code, hash }: AlertDocument['process']): string {
  if (!code.exists) return 'none';
  const team = code.team_id ? `team ${code.team_id}` : 'no team';
  const parts = [
    code.signing_id ?? 'no identifier',
    team,
    code.trusted ? 'trusted' : 'not trusted',
    `flags ${code.flags}`,
  ];
  return [...parts, ...(hash?.cdhash === undefined ? [] : [`cdhash ${hash.cdhash}`])].join(', ');
}

function parentText({ parent }: AlertDocument['process']): string {
  return parent.executable === undefined ? `pid ${parent.pid}` : `${parent.executable}, pid ${parent.pid}`;
}

function responsible({ Ext, pid }: AlertDocument['process']): string | undefined {
  const process = Ext?.effective_parent;
  if (process === undefined) return undefined;
  if (process.pid === pid) return 'itself';
  return process.executable === undefined
    ? `pid ${process.pid}`
    : `${process.executable}, pid ${process.pid}`;
}

function techniques({ threat }: AlertDocument): string[] {
  if (threat === undefined) return [];
  return [threat.tactic, threat.technique, threat.technique?.subtechnique].flatMap((names) => pairs(names));
}

function pairs(names: Names | undefined): string[] {
  return (names?.id ?? []).map((id, index) => `${id.padEnd(10)} ${names?.name[index] ?? ''}`);
}

function history(alert: StoredAlert): string[] {
  const stored = `${new Date(alert.storedMs).toISOString()}  stored`;
  const changes = alert.changes.map(({ atMs, status, comment }) => {
    const said = comment === null ? '' : `: ${comment}`;
    return `${new Date(atMs).toISOString()}  ${status}${said}`;
  });
  return [stored, ...changes];
}
