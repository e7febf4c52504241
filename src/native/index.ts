export { addon, type NativeTap } from './addon.ts';
export { AddonError } from './errors.ts';
export * from './layout.ts';
