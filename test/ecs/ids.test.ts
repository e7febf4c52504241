import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { alertId, entityId, eventId } from '../../src/ecs/index.ts';
import { execLine, exitLine, forkLine } from '../support/eslogger-lines.ts';
import { mapEvents } from '../support/events.ts';

describe('ids', () => {
  it('of an entity are the first 16 bytes of a hash of host, pid and start, in 22 characters of base64', () => {
    const hash = createHash('sha256').update('capture|4242|1786548513500001').digest();
    assert.equal(
      entityId('capture', 4242, 1_786_548_513_500_001, 9000),
      hash.subarray(0, 16).toString('base64').slice(0, 22),
    );
  });

  it('of an event hash host, type, subject, mach time and time', () => {
    const hash = createHash('sha256')
      .update('capture|exec|42|9|17|2026-08-12T15:28:33.510893468Z')
      .digest('hex');
    assert.equal(
      eventId('capture', 'exec', { pid: 42, pidversion: 9 }, '17', '2026-08-12T15:28:33.510893468Z'),
      hash,
    );
  });

  it('differ where anything that they are made of differs', () => {
    const text = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
    const parts = fc.record({
      host: fc.constantFrom('a', 'b', 'ab'),
      pid: fc.integer({ min: 1, max: 99_999 }),
      version: fc.integer({ min: 0, max: 0xffff_ffff }),
      mach: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const id = (p: typeof a): string =>
          eventId(p.host, 'exec', { pid: p.pid, pidversion: p.version }, String(p.mach), 't');
        assert.equal(id(a) === id(b), JSON.stringify(a, text) === JSON.stringify(b, text));
      }),
    );
  });

  it('of an alert hash the event and the rule', () => {
    assert.equal(alertId('e', 'r'), createHash('sha256').update('e|r').digest('hex'));
  });

  it('of an entity are one through fork, exec and exit, and of its events three', async () => {
    const life = { pid: 700, startTime: '2026-08-12T15:28:33.400000Z' };
    const lines = [
      forkLine({ ...life, pidversion: 9001, time: '2026-08-12T15:28:33.400000001Z' }),
      execLine({ ...life, pidversion: 9002, time: '2026-08-12T15:28:33.410000001Z' }),
      exitLine({ ...life, pidversion: 9002, time: '2026-08-12T15:28:33.500000001Z' }),
    ];
    const ids = await mapEvents(lines, (event) => ({
      entity: event.entityIdOf(event.entity),
      event: event.id,
    }));
    assert.equal(new Set(ids.map(({ entity }) => entity)).size, 1);
    assert.equal(new Set(ids.map(({ event }) => event)).size, 3);
  });

  it('are the same whatever the form of the tokens and the order of the keys', async () => {
    const options = { pid: 700, args: ['x'], version: 10 };
    const lines = [execLine({ ...options, seed: 1 }), execLine({ ...options, seed: 2, tokenForm: 'array' })];
    const [a, b] = await mapEvents(lines, (event) => [event.id, event.entityIdOf(event.entity)]);
    assert.deepEqual(a, b);
  });
});
