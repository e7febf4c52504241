import assert from 'node:assert/strict';
import { type Gap, gapDocument, gapDocumentId, gapId } from '../../src/ecs/index.ts';
import { assertGolden } from '../support/golden.ts';

const FROM = Date.UTC(2026, 7, 12, 15, 28, 33, 510);
const ORIGIN = {
  host: {
    id: 'HOST-A',
    name: 'mac-a',
    architecture: 'arm64',
    osVersion: '26.1',
    osBuild: '25B78',
    kernel: 'Darwin',
  },
  agent: { id: 'a9e3f1c2', version: '0.0.0-test' },
  namespace: 'default',
};
const LOSS: Gap = {
  cause: 'sequence',
  fromMs: FROM,
  toMs: FROM + 1_250,
  lost: 7,
  exact: true,
  detail: 'events never came',
  lostByType: { 9: 5, 11: 2 },
};
const BLIND: Gap = {
  cause: 'no permission',
  fromMs: FROM,
  toMs: null,
  lost: null,
  exact: false,
  detail: 'no full disk access',
};

const documentOf = (gap: Gap) =>
  gapDocument(gapId('HOST-A', gap.cause, gap.fromMs, 0), gap, ORIGIN, '2026-08-12T15:29:00.000Z');

describe('the document of a gap', () => {
  it('tells all of a gap that has ended', () => assertGolden('ecs/gap-end.json', documentOf(LOSS)));

  it('tells of a gap that lasts', () => assertGolden('ecs/gap-start.json', documentOf(BLIND)));

  it('has another id for its start than for its end, which has the id of the gap', () => {
    const ids = [BLIND, { ...BLIND, toMs: FROM + 1 }].map((gap) => gapDocumentId('gap', gap));
    assert.deepEqual([ids[1], ids[0] !== 'gap', new Set(ids).size], ['gap', true, 2]);
  });

  const sentences: [gap: Partial<Gap>, sentence: RegExp][] = [
    [{ cause: 'worker restarted', exact: false }, /was blind on mac-a: .*; at most 7 events were lost$/],
    [{ exact: false }, /; at least 7 events were lost$/],
    [{ lost: null, detail: null }, /: numbers of events are missing$/],
    [{ toMs: null }, /^exectap is blind on mac-a/],
  ];
  for (const [changes, sentence] of sentences)
    it(`says ${sentence.source}`, () => {
      const { reason } = documentOf({ ...LOSS, ...changes }).event as { reason: string };
      assert.match(reason, sentence);
    });

  it('is another gap for another host, cause, start or number', () => {
    const ids = [
      gapId('A', 'sleep', 1, 0),
      gapId('B', 'sleep', 1, 0),
      gapId('A', 'overflow', 1, 0),
      gapId('A', 'sleep', 2, 0),
      gapId('A', 'sleep', 1, 1),
    ];
    assert.equal(new Set(ids).size, ids.length);
  });
});
