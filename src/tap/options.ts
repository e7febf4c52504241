import { TapError } from './errors.ts';

export interface TapOptions {
  /** A file or FIFO to open. Give this or `fd`. */
  path?: string;
  /** An open descriptor. The tap reads from its own duplicate; the caller closes this one whenever it likes. */
  fd?: number;
  /**
   * true: the stream is never left unread; when the consumer lags, lines are dropped whole, counted, and told as gaps
   * of cause overflow. false: reading waits for the consumer.
   */
  live?: boolean;
  maxLineBytes?: number;
  batchRecords?: number;
  ringBatches?: number;
}

const LIMITS = {
  fd: [0, 0x7fff_ffff],
  maxLineBytes: [1, 64 * 1024 * 1024],
  batchRecords: [1, 65_536],
  ringBatches: [1, 1024],
} as const;

/** @throws {TapError} when not exactly one of `path` and `fd` is given, or a number is out of range */
export function checkOptions(options: TapOptions): void {
  if ((options.path === undefined) === (options.fd === undefined)) {
    throw new TapError('a tap reads either a path or a descriptor', {
      remedy: 'give exactly one of path and fd',
    });
  }
  if (options.path !== undefined && (options.path === '' || options.path.includes('\0'))) {
    throw new TapError('the path of a tap is empty or holds a NUL', { remedy: 'give the path of a file' });
  }
  for (const [name, [least, most]] of Object.entries(LIMITS)) {
    const value = options[name as keyof typeof LIMITS];
    if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most)) {
      throw new TapError(`${name} is ${value}`, { remedy: `give a whole number from ${least} to ${most}` });
    }
  }
}
