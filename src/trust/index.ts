export { dropToOwner } from './drop.ts';
export { DropError, UntrustedPathError } from './errors.ts';
export { readTrusted, type TrustedContent } from './open.ts';
export { checkTrusted, checkTrustedTree, type Trust } from './trusted-path.ts';
