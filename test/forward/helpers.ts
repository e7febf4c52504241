import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../src/forward/index.ts';
import { ElasticsearchServer, type ServerOptions } from '../support/elasticsearch-server.ts';

/** Runs `use` with a new directory that is gone afterwards. */
export async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'exectap-forward-'));
  try {
    await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export async function withServer(
  options: ServerOptions,
  use: (server: ElasticsearchServer) => Promise<void>,
): Promise<void> {
  const server = await new ElasticsearchServer(options).listen();
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

/** A file of this text that passes for a secret. */
export async function secretFile(directory: string, text: string): Promise<string> {
  const path = join(directory, 'api-key');
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

/** A log that keeps its lines as text: level, message and fields, just as they would be written. */
export class KeptLog implements Log {
  readonly lines: string[] = [];

  debug(message: string, fields?: object): void {
    this.#keep('debug', message, fields);
  }

  info(message: string, fields?: object): void {
    this.#keep('info', message, fields);
  }

  warn(message: string, fields?: object): void {
    this.#keep('warn', message, fields);
  }

  error(message: string, fields?: object): void {
    this.#keep('error', message, fields);
  }

  #keep(level: string, message: string, fields: object = {}): void {
    this.lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  }

  at(level: string): string[] {
    return this.lines.filter((line) => line.startsWith(`${level} `));
  }
}

/** Longest that anything a test waits for may take on a busy machine, in milliseconds. */
const PATIENCE_MS = 15_000;

/** Waits until `holds`, looking every few milliseconds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`not so after ${PATIENCE_MS} ms: ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
