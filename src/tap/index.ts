export type { Batch, SequenceGap } from './batch.ts';
export type { TapCounters } from './counters.ts';
export { AddonError, TapError } from './errors.ts';
export { Kind } from './layout.ts';
export type { TapOptions } from './options.ts';
export { createPipe } from './pipe.ts';
export type { ProcessBlock } from './process-block.ts';
export type { EventRecord } from './record.ts';
export { Tap } from './tap.ts';
