import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SendResult } from '../../src/forward/destination.ts';
import { bytesOf, sendRound, splitByBytes } from '../../src/forward/round.ts';
import type { Delivery } from '../../src/store/alert-store.ts';
import { allTaken, ScriptedDestination } from './doubles.ts';

const { signal } = new AbortController();

function deliveries(count: number, document = '{}'): Delivery[] {
  return Array.from({ length: count }, (_, number) => ({
    number,
    documentId: `id-${number}`,
    document,
    attempts: 0,
  }));
}

/** Refuses a request as a whole if one of these ids is in it, as a proxy with rules about content does. */
function rejecting(...ids: string[]): ScriptedDestination {
  return new ScriptedDestination(
    (batch): SendResult =>
      batch.some(({ id }) => ids.includes(id)) ? { kind: 'rejected', error: '400 whole' } : allTaken(batch),
  );
}

describe('splitting by size', () => {
  it('keeps order and every document, and only a single one may exceed the bound', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30)), fc.integer({ min: 1, max: 60 }), (sizes, bound) => {
        const all = sizes.map((size, number) => ({
          number,
          documentId: '',
          document: 'x'.repeat(size),
          attempts: 0,
        }));
        const batches = splitByBytes(all, bound);
        assert.deepEqual(batches.flat(), all);
        for (const batch of batches) {
          assert.ok(batch.length === 1 || batch.reduce((sum, each) => sum + bytesOf(each), 0) <= bound);
        }
        for (const [index, batch] of batches.slice(1).entries()) {
          const before = batches[index]!.reduce((sum, each) => sum + bytesOf(each), 0);
          assert.ok(before + bytesOf(batch[0]!) > bound, 'a batch is as large as it may be');
        }
      }),
    );
  });

  it('counts bytes, not characters', () => {
    assert.equal(splitByBytes(deliveries(2, '"ééé"'), 10).length, 2);
  });
});

describe('a round', () => {
  it('singles out the one document that makes a request of five hundred be refused', async () => {
    for (const position of [0, 1, 249, 250, 498, 499]) {
      const destination = rejecting(`id-${position}`);
      const round = await sendRound(destination, deliveries(500), signal);
      assert.equal(round.trouble, null);
      assert.equal(round.attempts.length, 500);
      const refused = round.attempts.filter(({ outcome }) => outcome.kind === 'refused');
      assert.deepEqual(
        refused.map(({ delivery }) => delivery.number),
        [position],
      );
      assert.ok(destination.sent.length <= 20, `${destination.sent.length} requests`);
    }
  });

  it('blames no document if none passes, and stops asking soon', async () => {
    const destination = new ScriptedDestination(() => ({ kind: 'rejected', error: '400 proxy' }));
    const round = await sendRound(destination, deliveries(500), signal);
    assert.deepEqual(round.trouble, { kind: 'held', reason: 'misconfigured', error: '400 proxy' });
    assert.ok(round.attempts.every(({ outcome }) => outcome.kind === 'retry'));
    assert.ok(destination.sent.length < 20, `${destination.sent.length} requests`);
  });

  it('does not refuse a single document on the word of a collector that takes nothing', async () => {
    const round = await sendRound(rejecting('id-0'), deliveries(1), signal);
    assert.equal(round.attempts[0]!.outcome.kind, 'retry');
    assert.equal(round.trouble?.kind, 'held');
  });

  it('halves what is too large and tells the size', async () => {
    const limit = 40;
    const destination = new ScriptedDestination(
      (batch): SendResult => (batch.length > limit ? { kind: 'too-large', error: '413' } : allTaken(batch)),
    );
    const round = await sendRound(destination, deliveries(500), signal);
    assert.deepEqual(
      round.attempts.map(({ delivery }) => delivery.number),
      deliveries(500).map(({ number }) => number),
    );
    assert.ok(round.attempts.every(({ outcome }) => outcome.kind === 'delivered'));
    assert.ok(round.tooLargeBytes !== null && round.tooLargeBytes > limit * 2 && round.tooLargeBytes <= 126);
  });

  it('refuses a single document that is too large', async () => {
    const document = JSON.stringify('x'.repeat(100_000));
    const destination = new ScriptedDestination(() => ({ kind: 'too-large', error: '413 too big' }));
    const round = await sendRound(destination, deliveries(1, document), signal);
    assert.deepEqual(round.attempts[0]!.outcome, { kind: 'refused', error: '413 too big' });
    assert.equal(round.trouble, null);
  });

  it('refuses a small one only if others pass: a proxy may find everything too large', async () => {
    const some = new ScriptedDestination(
      (batch): SendResult =>
        batch.some(({ id }) => id === 'id-2') ? { kind: 'too-large', error: '413' } : allTaken(batch),
    );
    const outcomes = new Map(
      (await sendRound(some, deliveries(4), signal)).attempts.map(({ delivery, outcome }) => [
        delivery.number,
        outcome.kind,
      ]),
    );
    assert.deepEqual(
      [0, 1, 2, 3].map((number) => outcomes.get(number)),
      ['delivered', 'delivered', 'refused', 'delivered'],
    );
    const all = new ScriptedDestination(() => ({ kind: 'too-large', error: '413' }));
    const round = await sendRound(all, deliveries(4), signal);
    assert.ok(round.attempts.every(({ outcome }) => outcome.kind === 'retry'));
    assert.deepEqual(round.trouble, { kind: 'held', reason: 'misconfigured', error: '413' });
  });

  it('leaves the rest untouched when the destination goes down in the middle', async () => {
    let requests = 0;
    const destination = new ScriptedDestination((batch): SendResult => {
      requests += 1;
      if (requests === 1) return { kind: 'too-large', error: '413' };
      return requests === 2 ? allTaken(batch) : { kind: 'unavailable', error: 'down', retryAfterMs: null };
    });
    const round = await sendRound(destination, deliveries(8), signal);
    assert.deepEqual(
      round.attempts.map(({ outcome }) => outcome.kind),
      [...Array<string>(4).fill('delivered'), ...Array<string>(4).fill('retry')],
    );
    assert.equal(round.trouble?.error, 'down');
  });

  it('gives every document at most one outcome, whatever is answered', async () => {
    const answers = fc.array(fc.constantFrom('taken', 'too-large', 'rejected', 'unavailable'), {
      minLength: 1,
      maxLength: 80,
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), answers, async (count, script) => {
        let request = 0;
        const destination = new ScriptedDestination((batch): SendResult => {
          const kind = script[request++ % script.length]!;
          if (kind === 'taken') return allTaken(batch);
          if (kind === 'unavailable') return { kind, error: 'down', retryAfterMs: null };
          return { kind: kind as 'too-large' | 'rejected', error: kind };
        });
        const round = await sendRound(destination, deliveries(count), signal);
        const numbers = round.attempts.map(({ delivery }) => delivery.number);
        assert.equal(new Set(numbers).size, numbers.length);
        assert.ok(destination.sent.length <= 64);
      }),
    );
  });

  it('records nothing of a request that was aborted', async () => {
    const controller = new AbortController();
    const destination = new ScriptedDestination(() => {
      controller.abort();
      return { kind: 'aborted' };
    });
    assert.deepEqual(await sendRound(destination, deliveries(3), controller.signal), {
      attempts: [],
      trouble: null,
      tooLargeBytes: null,
    });
  });
});
