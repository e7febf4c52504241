export { AddonError, Kind } from '../native/index.ts';
export type { Batch, SequenceGap } from './batch.ts';
export type { TapCounters } from './counters.ts';
export { TapError } from './errors.ts';
export type { TapOptions } from './options.ts';
export { createPipe } from './pipe.ts';
export type { ProcessBlock } from './process-block.ts';
export type { EventRecord } from './record.ts';
export { Tap } from './tap.ts';
