export { addon, type NativeTap, type Peer } from './addon.ts';
export { AddonError } from './errors.ts';
export * from './layout.ts';
