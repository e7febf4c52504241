import { openStore } from '../../src/store/index.ts';
import { describeAlertStore } from './conformance.ts';

describeAlertStore('sqlite3', (directory) => openStore(directory));
