export * from './alert-store.ts';
export * from './errors.ts';
export * from './exception-store.ts';
export * from './gap-store.ts';
export { type OpenOptions, openStore } from './open.ts';
export { DATABASE_FILE } from './sqlite/files.ts';
export { isLocked, lockState, type StateLock } from './sqlite/lock.ts';
