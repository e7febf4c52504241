export * from './alert-store.ts';
export * from './errors.ts';
export { type OpenOptions, openStore } from './open.ts';
