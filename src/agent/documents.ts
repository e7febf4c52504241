import { createReadStream } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import type { Document } from '../ecs/index.ts';
import { ExectapError, messageOf } from '../errors.ts';
import { convertCapture } from './replay.ts';

/** A file of documents that cannot be read as such: which file, which line, what is wrong. */
export class DocumentError extends ExectapError {}

/**
 * The ECS documents of a file that holds documents, one a line, or eslogger's lines: its first line tells which.
 * All of them are held in memory.
 *
 * @throws DocumentError naming file and line where a line of documents is no JSON object
 */
export async function readDocuments(file: string, signal: AbortSignal): Promise<Document[]> {
  const documents: Document[] = [];
  if (await isCapture(file)) {
    await convertCapture(
      { kind: 'capture', path: file },
      async (batch) => void documents.push(...batch),
      signal,
    );
    return documents;
  }
  let number = 0;
  for await (const line of linesOf(file)) {
    number += 1;
    if (line.trim() !== '') documents.push(parseDocument(file, number, line));
  }
  return documents;
}

/** eslogger's lines have an `event_type` and no `@timestamp`; our own control lines have the key `exectap` alone. */
async function isCapture(file: string): Promise<boolean> {
  for await (const line of linesOf(file)) {
    if (line.trim() === '') continue;
    const text = line.slice(Math.max(0, line.indexOf('{')));
    return (
      text.startsWith('{"exectap":') || (text.includes('"event_type":') && !text.includes('"@timestamp":'))
    );
  }
  return false;
}

function linesOf(file: string): Interface {
  return createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
}

function parseDocument(file: string, number: number, line: string): Document {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new DocumentError(`${file}:${number}: not valid JSON: ${messageOf(error)}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DocumentError(`${file}:${number}: not an ECS document, which is a JSON object`);
  }
  return value as Document;
}
