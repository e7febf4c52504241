import assert from 'node:assert/strict';
import { generateEvents } from '../support/eslogger-lines.ts';
import { lineAsValue, recordAsValue } from './plain-reading.ts';
import { ndjson, readBytes } from './reading.ts';

describe('records of the tap', () => {
  it('say what JSON.parse reads in the same lines', async () => {
    const lines = [...generateEvents(2000, 5)];
    const { records } = await readBytes(ndjson(...lines));
    assert.equal(records.length, lines.length);
    for (const [index, line] of lines.entries())
      assert.deepEqual(recordAsValue(records[index]!), lineAsValue(line));
  });
});
