import { basename } from 'node:path/posix';
import type { StoredAlert } from '../../store/index.ts';
import { type AlertView, viewAlert } from './alert-view.ts';
import { printable, quoteArguments } from './printable.ts';
import { table } from './table.ts';

const HEADER = ['ALERT', 'TIME', 'SEVERITY', 'STATUS', 'HOST', 'USER', 'RULE', 'COMMAND'];
/** Characters of the id that a table shows; enough to name an alert on one host. */
export const SHORT_ID = 8;
/** Characters of a command line that a table shows. */
const COMMAND_WIDTH = 80;

/** A table of alerts, in the order given. */
export function alertTable(alerts: readonly StoredAlert[], tty: boolean): string {
  return table(
    HEADER,
    alerts.map((alert) => row(alert, viewAlert(alert))),
    tty,
  );
}

function row(alert: StoredAlert, { document }: AlertView): string[] {
  return [
    alert.id.slice(0, SHORT_ID),
    new Date(alert.timeMs).toISOString(),
    alert.severity,
    alert.status,
    printable(document.host.name ?? document.host.id),
    printable(document.user.name ?? document.user.id),
    printable(alert.ruleName),
    shorten(commandOf(document.process)),
  ];
}

function commandOf(process: AlertView['document']['process']): string {
  return process.args === undefined ? basename(process.executable) : quoteArguments(process.args);
}

function shorten(text: string): string {
  return text.length <= COMMAND_WIDTH ? text : `${text.slice(0, COMMAND_WIDTH - 1)}…`;
}
