import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { readAddress, readNetwork } from '../../src/eql/address.ts';

describe('readAddress', () => {
  const cases: [text: string, address: bigint | undefined][] = [
    ['10.6.48.157', 0xffff_0a06_309dn],
    ['::ffff:10.6.48.157', 0xffff_0a06_309dn],
    ['::', 0n],
    ['::1', 1n],
    ['FE80::1:0', 0xfe80_0000_0000_0000_0000_0000_0001_0000n],
    ['1:2:3:4:5:6:7:8', 0x1_0002_0003_0004_0005_0006_0007_0008n],
    ['1::', 1n << 112n],
    ['fe80::1%en0', undefined],
    ['10.6.48', undefined],
    ['010.0.0.1', undefined],
    ['256.0.0.1', undefined],
    ['1::2::3', undefined],
    ['', undefined],
  ];
  for (const [text, address] of cases)
    it(text || '(nothing)', () => assert.equal(readAddress(text), address));

  it('reads what the runtime takes for an address', () => {
    const property = fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      assert.equal(readAddress(text) !== undefined, isIP(text) !== 0);
    });
    fc.assert(property);
  });
});

describe('readNetwork', () => {
  for (const text of [
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    'x/8',
    '/8',
    '10.0.0.0/a',
  ])
    it(`refuses ${text}`, () => assert.equal(readNetwork(text), undefined));

  it('holds the addresses that the runtime puts into the network', () => {
    const sample = fc.record({
      address: fc.oneof(fc.ipV4(), fc.ipV6()),
      bits: fc.nat(128),
      other: fc.oneof(fc.ipV4(), fc.ipV6()),
    });
    const property = fc.property(sample, fc.boolean(), ({ address, bits, other }, near) => {
      const width = isIP(address) === 4 ? 32 : 128;
      const kind = width === 32 ? 'ipv4' : 'ipv6';
      const prefix = bits % (width + 1);
      const subject = near || isIP(other) !== isIP(address) ? address : other;
      const { low, high } = readNetwork(`${address}/${prefix}`)!;
      const list = new BlockList();
      list.addSubnet(address, prefix, kind);
      const found = readAddress(subject)!;
      assert.equal(found >= low && found <= high, list.check(subject, kind));
    });
    fc.assert(property, { numRuns: 1000 });
  });
});
