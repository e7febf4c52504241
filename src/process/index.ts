export { ProcessEntity } from './entity.ts';
export { KEPT_ARGUMENT_BYTES, type KeptArguments, type ProcessImage } from './image.ts';
export { ANCESTRY_LIMIT, PROCESS_LIMIT, ProcessTable, TOKEN_LIMIT } from './table.ts';
