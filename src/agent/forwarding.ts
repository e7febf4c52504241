import { createElasticsearch, Forwarder } from '../forward/index.ts';
import type { AlertStore } from '../store/index.ts';
import type { Trust } from '../trust/index.ts';
import type { Config, DestinationConfig } from './config.ts';
import type { Log } from './log.ts';

/** Starts to send what the store holds; null where nothing is to be sent anywhere. */
export async function startForwarder(
  store: AlertStore,
  config: Config,
  log: Log,
  trust: Trust,
): Promise<Forwarder | null> {
  const { destination, namespace } = config;
  if (destination === undefined) return null;
  const forwarder = new Forwarder(
    store,
    createElasticsearch({
      ...elasticsearchOptions(destination, namespace),
      trust,
    }),
    {
      log,
    },
  );
  await forwarder.start();
  return forwarder;
}

function elasticsearchOptions(destination: DestinationConfig, namespace: string) {
  const { name, type, url, apiKeyFile, caFile } = destination;
  return {
    name,
    type,
    url,
    namespace,
    ...(apiKeyFile !== undefined && { apiKeyFile }),
    ...(caFile !== undefined && { caFile }),
  };
}
