export { type OpenOptions, openSqliteStore as openStore } from './sqlite/open.ts';
