import assert from 'node:assert/strict';
import { SparingLog } from '../../src/control/sparing-log.ts';

describe('a sparing log', () => {
  it('says the same once a minute, and then how often it was left unsaid', () => {
    let now = 0;
    const said: unknown[] = [];
    const add = (message: string, fields?: object): void => void said.push([message, fields]);
    const log = new SparingLog({ info: add, warn: add }, () => now);
    for (let index = 0; index < 5; index += 1) log.warn('refused', { uid: index });
    log.info('another', {});
    now = 60_000;
    log.warn('refused', { uid: 7 });
    now = 120_000;
    log.warn('refused', { uid: 8 });
    assert.deepEqual(said, [
      ['refused', { uid: 0 }],
      ['another', {}],
      ['refused', { uid: 7, unsaid: 4 }],
      ['refused', { uid: 8 }],
    ]);
  });
});
