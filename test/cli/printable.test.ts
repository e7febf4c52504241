import assert from 'node:assert/strict';
import { printable, quoteArguments } from '../../src/cli/output/printable.ts';
import { table } from '../../src/cli/output/table.ts';

describe('text on a terminal', () => {
  const cases: [what: string, text: string, shown: string][] = [
    ['plain text', 'security dump-keychain', 'security dump-keychain'],
    ['a colour sequence', '\u001b[2Jboo', '\\x1b[2Jboo'],
    ['a line end', 'a\nb\r', 'a\\nb\\x0d'],
    ['an 8-bit control sequence', '\u009b2J', '\\x9b2J'],
    ['a right-to-left override', 'gpj.\u202eexe', 'gpj.\\u{202e}exe'],
    ['a zero-width space', 'su\u200bdo', 'su\\u{200b}do'],
    ['letters of any script', 'naïve 鍵 🔑', 'naïve 鍵 🔑'],
  ];
  for (const [what, text, shown] of cases) {
    it(`shows ${what} without acting on it`, () => assert.equal(printable(text), shown));
  }

  it('shows where each argument begins and ends', () => {
    assert.equal(
      quoteArguments(['security', 'dump-keychain', '-d', 'a b', "it's", '']),
      "security dump-keychain -d 'a b' 'it'\\''s' ''",
    );
  });
});

describe('a table', () => {
  it('is padded by what the columns take on the screen', () => {
    assert.equal(
      table(
        ['A', 'B'],
        [
          ['鍵', 'x'],
          ['yyy', 'z'],
        ],
        true,
      ),
      'A    B\n鍵   x\nyyy  z\n',
    );
  });

  it('is tab-separated without a header for a pipe', () => {
    assert.equal(table(['A', 'B'], [['1', '2']], false), '1\t2\n');
  });
});
