import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Command, Option } from 'commander';
import { captureSource, readDocuments } from '../agent/index.ts';
import { fieldResolver } from '../ecs/index.ts';
import { documentHas } from '../eql/documents.ts';
import {
  type Dialect,
  type Document,
  EqlError,
  type FieldType,
  type Match,
  parse,
  type Query,
  search,
} from '../eql/index.ts';
import { closest } from '../eql/suggest.ts';
import { eventQueriesOf, fieldsOf, keysOf } from '../eql/tree.ts';
import { ExectapError } from '../errors.ts';
import type { Io } from './io.ts';
import { jsonOption } from './options.ts';
import { matchTable } from './output/match-rows.ts';
import { count } from './output/summary.ts';
import { stopSignal } from './signals.ts';

interface Options {
  json?: boolean;
  dialect: Dialect;
}

export function queryCommand(io: Io): Command {
  return new Command('query')
    .description('an EQL query over files of ECS documents or eslogger’s lines')
    .argument('<eql>', 'the query, such as: process where process.name == "security"')
    .argument('<file...>', 'files of documents or of eslogger’s lines, one a line; - is standard input')
    .addOption(
      jsonOption(
        'for event queries an event a line, for sequences and samples {"join_keys": […], "events": […]}',
      ),
    )
    .addOption(
      new Option('--dialect <dialect>', 'whose EQL the query is written in')
        .choices(['elasticsearch', 'endpoint', 'python'] satisfies Dialect[])
        .default('elasticsearch'),
    )
    .action((eql: string, files: string[], options: Options) => query(io, eql, files, options));
}

async function query(io: Io, eql: string, files: readonly string[], options: Options): Promise<void> {
  const parsed = parseQuery(eql, options.dialect);
  const documents = await readAll(files, stopSignal());
  const matches = searchAll(parsed, documents);
  warnOfUnknown(io, parsed, documents);
  const joined = parsed.statement.query.kind !== 'event';
  if (options.json === true) await io.write(matches.map((match) => `${matchJson(match, joined)}\n`).join(''));
  else if (matches.length > 0) await io.write(matchTable(matches, io.tty));
  io.say(`${count(matches.length, 'match', 'matches')} in ${count(documents.length, 'event')}\n`);
}

/** The types of the fields that exectap writes, which are ECS's; of other fields the documents tell. */
const typeOf = (name: string): FieldType | undefined => fieldResolver.field(name)?.type;

/** A name that no document has and no schema knows is most likely misspelt. */
function warnOfUnknown(io: Io, { statement }: Query, documents: readonly Document[]): void {
  const named = [
    ...eventQueriesOf(statement).flatMap(({ condition }) => fieldsOf(condition)),
    ...keysOf(statement),
  ];
  const names = named.filter(({ of, optional }) => of === null && !optional).map(({ name }) => name);
  for (const name of new Set(names)) {
    if (typeOf(name) !== undefined || documents.some(documentHas(name))) continue;
    const near = closest(name, fieldResolver.names?.() ?? []);
    io.say(`no event has the field ${name}${near === undefined ? '' : `; did you mean ${near}?`}\n`);
  }
}

function parseQuery(eql: string, dialect: Dialect): Query {
  try {
    return parse(eql, { dialect, schema: typeOf });
  } catch (error) {
    throw asQueryError(error);
  }
}

function searchAll(parsed: Query, documents: readonly Document[]): Match<Document>[] {
  try {
    return search(parsed, documents, { schema: typeOf });
  } catch (error) {
    throw asQueryError(error);
  }
}

/** The excerpt with its caret is for a person at a terminal, who typed the query. */
function asQueryError(error: unknown): unknown {
  if (!(error instanceof EqlError)) return error;
  return new ExectapError(String(error), { cause: error });
}

async function readAll(files: readonly string[], signal: AbortSignal): Promise<Document[]> {
  const captures = files.map((file) => captureSource(file));
  const documents: Document[] = [];
  for (const capture of captures) {
    const read =
      capture.kind === 'stdin' ? await readStandardInput(signal) : await readDocuments(capture.path, signal);
    for (const document of read) documents.push(document);
  }
  return documents;
}

/** What it holds shows in its first line, and a pipe cannot be read twice. */
async function readStandardInput(signal: AbortSignal): Promise<Document[]> {
  const folder = await mkdtemp(join(tmpdir(), 'exectap-query-'));
  const file = join(folder, 'standard input');
  try {
    await pipeline(process.stdin, createWriteStream(file, { mode: 0o600 }), { signal });
    return await readDocuments(file, signal);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** An event by itself; joined events, and what a pipe has counted, with their keys. */
function matchJson({ events, joinKeys, count: counted }: Match<Document>, joined: boolean): string {
  if (!joined && counted === undefined) return JSON.stringify(events[0]);
  return JSON.stringify({ join_keys: joinKeys, ...counted, events });
}
