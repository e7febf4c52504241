/** Text that came from a collector or the network, made fit for a log, a database and a terminal. */

/** Longest text kept of one error, in characters: a parsing error may quote a whole command line. */
const MAX_ERROR_CHARS = 500;

/**
 * Replaces control and format characters (the collector may send terminal sequences), blanks the given secrets (a proxy may
 * echo the request's headers) and bounds the length.
 */
export function collectorText(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, '[secret]');
  clean = clean.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return clean.length > MAX_ERROR_CHARS ? `${clean.slice(0, MAX_ERROR_CHARS)}…` : clean;
}

function ownText(failure: Error): string {
  const code = 'code' in failure && typeof failure.code === 'string' ? failure.code : '';
  if (code === '' || failure.message.includes(code)) return failure.message;
  return failure.message === '' ? code : `${failure.message} (${code})`;
}

/** A failure of the network in words. Node hides the reason in `errors` when a name has several addresses. */
export function networkText(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown instanceof AggregateError && thrown.errors.length > 0) {
    return thrown.errors.map((each) => networkText(each)).join('; ');
  }
  const own = ownText(thrown);
  return thrown.cause instanceof Error ? `${own}: ${networkText(thrown.cause)}` : own;
}
