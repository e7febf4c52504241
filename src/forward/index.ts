export type { Clock } from './clock.ts';
export type { Destination, DocumentOutcome, OutgoingDocument, SendResult } from './destination.ts';
export { createElasticsearch } from './elasticsearch.ts';
export type { ElasticsearchOptions } from './elasticsearch-options.ts';
export * from './errors.ts';
export { Forwarder, type ForwarderOptions, type ForwarderStore } from './forwarder.ts';
export type { ForwarderCondition, ForwarderState } from './health.ts';
export type { Log } from './log.ts';
