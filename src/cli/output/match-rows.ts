import { documentReader } from '../../eql/documents.ts';
import type { Document, FieldValue, Match } from '../../eql/index.ts';
import { printable, quoteArguments } from './printable.ts';
import { table } from './table.ts';

const HEADER = ['MATCH', 'TIME', 'CATEGORY', 'ACTION', 'PROCESS', 'PID', 'COMMAND'];
/** Characters of a cell; a command line can be a mebibyte. */
const CELL_WIDTH = 120;

const FIELDS = ['@timestamp', 'event.category', 'event.action', 'process.name', 'process.pid'].map(
  documentReader,
);
const readArgs = documentReader('process.args');
const readCommandLine = documentReader('process.command_line');

/** What a pipe has counted is a row a count. A row an event otherwise; the events of one match share its number. A missing event is a row that says so. */
export function matchTable(matches: readonly Match<Document>[], tty: boolean): string {
  if (matches.some(({ count }) => count !== undefined)) return countTable(matches, tty);
  const rows = matches.flatMap(({ events }, index) =>
    events.map((event) => [String(index + 1), ...cells(event)]),
  );
  return table(HEADER, rows, tty);
}

function countTable(matches: readonly Match<Document>[], tty: boolean): string {
  const rows = matches.map(({ joinKeys, count }) => [
    String(count?.count ?? ''),
    count === undefined ? '' : `${(count.percent * 100).toFixed(1)} %`,
    shorten(printable(joinKeys.map(String).join(', '))),
  ]);
  return table(['COUNT', 'PART', 'OF'], rows, tty);
}

function cells(event: Document | null): string[] {
  if (event === null) return ['(no such event)', '', '', '', '', ''];
  return [...FIELDS.map((read) => cell(read(event))), command(event)];
}

function command(event: Document): string {
  const args = readArgs(event);
  return Array.isArray(args) ? shorten(quoteArguments(args.map(String))) : cell(readCommandLine(event));
}

function cell(value: FieldValue): string {
  if (value === null || value === undefined) return '';
  return shorten(printable(Array.isArray(value) ? value.join(', ') : String(value)));
}

function shorten(text: string): string {
  return text.length <= CELL_WIDTH ? text : `${text.slice(0, CELL_WIDTH - 1)}…`;
}
