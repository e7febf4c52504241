import type { Trust } from '../trust/index.ts';
import { readSecretFile } from './secret-file.ts';

export interface Credentials {
  headers: Record<string, string>;
  /** Every form of the key that must not appear in a text. */
  secrets: string[];
}

/**
 * The API key as a header. It is read anew for every request: a key that was changed works without a restart.
 * @param apiKeyFile undefined: the collector asks for no key.
 * @throws {SecretFileError}
 */
export function readCredentials(apiKeyFile: string | undefined, trust: Trust = 'user'): Credentials {
  if (apiKeyFile === undefined) return { headers: {}, secrets: [] };
  const secret = readSecretFile(apiKeyFile, trust);
  const encoded = secret.includes(':') ? Buffer.from(secret).toString('base64') : secret;
  const key = secret.includes(':') ? secret : Buffer.from(secret, 'base64').toString('latin1');
  const part = key.slice(key.indexOf(':') + 1);
  // Very short texts are no keys, and blanking them would blank half of every error.
  const secrets = [encoded, secret, key, part].filter((text) => text.length >= 8);
  return { headers: { authorization: `ApiKey ${encoded}` }, secrets };
}
