export { AddonError, TapError } from './errors.ts';
export { Kind } from './layout.ts';
export { createPipe } from './pipe.ts';
export type { ProcessBlock } from './process-block.ts';
export type { EventRecord } from './record.ts';
export type { Batch, SequenceGap, TapCounters, TapOptions } from './tap.ts';
export { Tap } from './tap.ts';
