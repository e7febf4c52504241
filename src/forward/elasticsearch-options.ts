/** The settings of an Elasticsearch or OpenSearch destination, checked before anything is sent. */
import { isIPv4 } from 'node:net';
import { messageOf } from '../errors.ts';
import { readTrusted, type Trust } from '../trust/index.ts';
import { DestinationConfigError } from './errors.ts';

export interface ElasticsearchOptions {
  /** The destination's name in the configuration and in the store. */
  name: string;
  type: 'elasticsearch' | 'opensearch';
  /** Base URL; a path in it (a proxy's prefix) is kept. */
  url: string;
  /** Last part of the data stream's name. */
  namespace: string;
  /** File with the API key, as `id:key` or as the base64 of it that Elasticsearch calls "encoded". */
  apiKeyFile?: string;
  /** PEM file of the authorities to trust instead of the system's. */
  caFile?: string;
  /** Who may have written these files; `user` unless said. */
  trust?: Trust;
}

/** Bytes of a file of authorities: the system's own have some 200 KiB. */
const MAX_CA_BYTES = 4 * 1024 * 1024;

/** Letters that Elasticsearch does not take in the parts of a data stream's name, and its 100 bytes. */
const NAMESPACE = /^[^A-Z\\/*?"<>| ,#:-]{1,100}$/;

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
}

function fault(options: ElasticsearchOptions, what: string, remedy: string): DestinationConfigError {
  return new DestinationConfigError(`Destination '${options.name}': ${what}`, { remedy });
}

function checkedUrl(options: ElasticsearchOptions): URL {
  const url = URL.canParse(options.url) ? new URL(options.url) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    // The text is not shown: it may hold a password.
    throw fault(options, 'its url is not an http or https URL.', 'Write it like https://collector:9200');
  }
  if (url.username !== '' || url.password !== '') {
    throw fault(options, 'its url holds a user or password.', 'Put an API key into a file: api_key_file.');
  }
  if (url.search !== '' || url.hash !== '') {
    throw fault(options, 'its url has a query or fragment.', 'Give the base URL only.');
  }
  if (url.protocol === 'http:' && options.apiKeyFile !== undefined && !isLoopback(url.hostname)) {
    throw fault(options, 'the API key would travel unencrypted.', 'Use https.');
  }
  return url;
}

function readAuthorities(options: ElasticsearchOptions): string | undefined {
  if (options.caFile === undefined) return undefined;
  let pem: string;
  try {
    pem = readTrusted(options.caFile, options.trust ?? 'user', MAX_CA_BYTES).bytes.toString('utf8');
  } catch (failure) {
    throw fault(
      options,
      `its ca_file is not used: ${messageOf(failure)}`,
      'Check the path, the owner and the mode.',
    );
  }
  // Node takes a file without certificates without a word and then trusts nobody.
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    throw fault(
      options,
      `its ca_file ${options.caFile} has no certificate in it.`,
      'Give a PEM file of certificates.',
    );
  }
  return pem;
}

export interface CheckedOptions {
  name: string;
  type: ElasticsearchOptions['type'];
  url: URL;
  /** The data stream of documents that name none. */
  index: string;
  apiKeyFile: string | undefined;
  trust: Trust;
  /** Certificates in PEM, if not the system's are to be trusted. */
  authorities: string | undefined;
}

/** @throws {DestinationConfigError} that names the destination and what to change. */
export function checkOptions(options: ElasticsearchOptions): CheckedOptions {
  const url = checkedUrl(options);
  if (!NAMESPACE.test(options.namespace)) {
    throw fault(
      options,
      `'${options.namespace}' cannot be the namespace of a data stream.`,
      'Use small letters, digits, dots and underscores.',
    );
  }
  return {
    name: options.name,
    type: options.type,
    url,
    index: `logs-exectap.alerts-${options.namespace}`,
    apiKeyFile: options.apiKeyFile,
    trust: options.trust ?? 'user',
    authorities: readAuthorities(options),
  };
}
