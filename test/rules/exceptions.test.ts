import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Exception,
  ExceptionError,
  ExceptionSet,
  exceptionId,
  type Finding,
  type Rule,
  RuleSet,
} from '../../src/rules/index.ts';
import { execLine, exitLine, forkLine, type ProcessOptions } from '../support/eslogger-lines.ts';
import { mapEvents } from '../support/events.ts';

const [template] = RuleSet.load().rules;

function rule(id: string, query: string): Rule {
  return { ...template!, id, name: query, query, file: 'test.toml', queryLine: 1 };
}

let serial = 0;

function exception(where: string, more: Partial<Exception> = {}): Exception {
  serial += 1;
  return { id: String(serial), ruleId: null, where, expiresMs: null, ...more };
}

function covering<E extends Exception>(set: ExceptionSet<E>, finding: Finding, timeMs = 0): readonly E[] {
  const asked = set.start(finding, timeMs);
  while (!asked.run());
  return asked.covering();
}

/** For every finding of the rules: the rule's id, and the conditions that cover it. */
async function covered(
  rules: readonly Rule[],
  exceptions: readonly Exception[],
  lines: readonly string[],
  timeMs = 0,
): Promise<[string, string[]][]> {
  const [ruleSet, set] = [new RuleSet(rules), new ExceptionSet(exceptions)];
  const found = await mapEvents(lines, (event) =>
    ruleSet
      .evaluate(event)
      .map((finding): [string, string[]] => [
        finding.rule.id,
        covering(set, finding, timeMs).map(({ where }) => where),
      ]),
  );
  return found.flat();
}

const at = (second: number): { time: string } => ({
  time: `2026-08-12T15:28:${String(second).padStart(2, '0')}.000000001Z`,
});
const life: ProcessOptions = { pid: 700, uid: 501, startTime: '2026-08-12T15:00:00.000700Z' };
const LS = execLine({
  ...life,
  ...at(11),
  pidversion: 7_001,
  path: '/bin/ls',
  args: ['ls', '-la', '/Users'],
});
const LIFE = [
  forkLine({ ...life, ...at(10), pidversion: 7_000, path: '/bin/zsh' }),
  LS,
  exitLine({ ...life, ...at(12), pidversion: 7_001, path: '/bin/ls' }),
];
const ONE = rule('one', 'process where event.action == "exec"');
const SEQUENCE = rule(
  'sequence',
  'sequence by process.entity_id with maxspan=10s [process where event.action == "fork"] [process where event.action == "exec"] [process where event.action == "end"]',
);

describe('an exception', () => {
  for (const [what, where, more, covers] of [
    ['a condition that holds', 'process.name == "ls" and user.id == "501"', {}, true],
    ['a condition that does not', 'process.name == "ls" and user.id == "502"', {}, false],
    ['one half of two', 'process.name == "cat" or process.args : "-LA"', {}, true],
    ['a condition that asks for what is missing', 'process.parent.name == "zsh"', {}, false],
    ['the rule that it names', 'process.name == "ls"', { ruleId: 'one' }, true],
    ['another rule', 'process.name == "ls"', { ruleId: 'two' }, false],
    ['an exception that has ended', 'process.name == "ls"', { expiresMs: 1_000 }, false],
    ['an exception that ends later', 'process.name == "ls"', { expiresMs: 1_001 }, true],
    ['all that its rule finds', 'true', { ruleId: 'one' }, true],
  ] as const) {
    it(`${covers ? 'covers' : 'does not cover'} a finding: ${what}`, async () => {
      const found = await covered([ONE], [exception(where, more)], [LS], 1_000);
      assert.deepEqual(found, [['one', covers ? [where] : []]]);
    });
  }

  it('covers a sequence by any one of its events, as each was when it came', async () => {
    for (const [where, covers] of [
      ['process.executable == "/bin/zsh"', true],
      ['event.action == "exec" and process.args == "/Users"', true],
      ['event.action == "end"', true],
      ['event.action == "end" and process.executable == "/bin/zsh"', false],
      ['process.executable == "/bin/cat"', false],
    ] as const) {
      const found = await covered([SEQUENCE], [exception(where)], LIFE);
      assert.deepEqual(found, [['sequence', covers ? [where] : []]]);
    }
  });

  it('is asked of every event of a sequence, of those too that the alert does not hold', async () => {
    const many = rule('many', 'sequence by host.id with maxspan=1m [process where true] with runs=12');
    const lines = Array.from({ length: 12 }, (_, index) =>
      execLine({
        ...at(10 + index),
        pid: 700 + index,
        pidversion: 7_000 + index,
        args: ['x', String(index)],
      }),
    );
    const [found] = await covered([many], [exception('process.args == "9"')], lines);
    assert.deepEqual(found, ['many', ['process.args == "9"']]);
  });

  it('does not cover what it could not decide, beside one that could', async () => {
    const dear = 'process.command_line regex ".*x(a.{200}|b.{300})c.*"';
    const notDear = `not ${dear}`;
    const long = execLine({ ...life, args: ['x'.repeat(500_000)] });
    assert.deepEqual(await covered([ONE], [exception(dear), exception(notDear)], [long]), [['one', []]]);
    assert.deepEqual(await covered([ONE], [exception(notDear), exception('process.pid == 700')], [long]), [
      ['one', ['process.pid == 700']],
    ]);
    const short = execLine({ ...life, args: ['x'] });
    assert.deepEqual(await covered([ONE], [exception(notDear)], [short]), [['one', [notDear]]]);
  });

  it('does not cover by arguments of which the process table has kept the first alone', async () => {
    const where = 'not process.args : "--delete"';
    const ends = rule('ends', 'process where event.action == "end"');
    const run = (args: string[]): string[] => [
      execLine({ ...life, pidversion: 7_001, path: '/bin/ls', args }),
      exitLine({ ...life, pidversion: 7_001, path: '/bin/ls' }),
    ];
    assert.deepEqual(await covered([ends], [exception(where)], run(['ls', '-la'])), [['ends', [where]]]);
    for (const padding of ['x'.repeat(4_093), 'x'.repeat(5_000), 'é'.repeat(5_000), '🔑'.repeat(2_049)])
      assert.deepEqual(await covered([ends], [exception(where)], run(['ls', padding, '--delete'])), [
        ['ends', []],
      ]);
    const execs = await covered([ONE], [exception(where)], run(['ls', 'x'.repeat(5_000)]));
    assert.deepEqual(execs, [['one', [where]]], 'the arguments of an exec itself are whole');
  });

  it('to a rule does not cover the alert that the rule could not be evaluated in full; one to all does', async () => {
    const dear = rule('dear', 'process where process.command_line regex ".*x(a.{200}|b.{300})c.*"');
    const lines = [execLine({ ...life, args: ['x'.repeat(500_000)] })];
    const where = 'process.pid == 700';
    const incomplete = 'exectap.incomplete.dear';
    assert.deepEqual(await covered([dear], [exception(where, { ruleId: 'dear' })], lines), [
      [incomplete, []],
    ]);
    assert.deepEqual(await covered([dear], [exception(where)], lines), [[incomplete, [where]]]);
  });
});

describe('the id of an exception', () => {
  const id = (where: string, ruleId: string | null = null): string => exceptionId({ where, ruleId });

  it('is that of its rule and its condition, however that is spaced', () => {
    assert.match(id('process.name == "ls"'), /^[0-9a-f]{12}$/);
    assert.equal(id('process.name == "ls"'), id('  process.name=="ls" // the same'));
    assert.notEqual(id('process.name == "ls"'), id('process.name == "LS"'));
    assert.notEqual(id('process.name == "ls"'), id('process.name == "ls"', 'a'));
    assert.notEqual(id('process.name == "ls"', 'a'), id('process.name == "ls"', 'b'));
  });

  for (const [what, where, message] of [
    ['no EQL', 'process.name = "ls"', /1:28: Expected "==".*\n.*\n +\^/],
    ['nothing', '', /Expected/],
    ['of wrong types', 'process.pid == "four"', /process\.pid|number/],
    [
      'over a field that no event has',
      'process.nmae == "ls"',
      /no event has the field process\.nmae.*process\.name/,
    ],
    ['over such a field in a negation', 'not file.path : "/tmp/*"', /no event has the field file\.path/],
    ['over such a field with a question mark', '?file.path == null', /no event has the field file\.path/],
    ['with pipes', 'process.name == "ls" | head 1', /without pipes/],
    ['of another dialect', 'child of [process where true]', /./],
    ['of more than 8 KiB', `process.name == "${'é'.repeat(4_096)}"`, /8192/],
    ['whatever any rule finds', 'true', /must ask for a field/],
    ['a constant', '1 == 1 and not false', /must ask for a field/],
  ] as const) {
    it(`is refused to a condition that is ${what}`, () => {
      assert.throws(
        () => id(where),
        (error) => error instanceof ExceptionError && message.test(error.message),
      );
    });
  }
});

/** Conditions as trees, so that they can be written as EQL and evaluated without it. */
type Tree =
  | { readonly kind: 'name' | 'arg' | 'uid'; readonly value: string }
  | { readonly kind: 'pid'; readonly least: number }
  | { readonly kind: 'not'; readonly of: Tree }
  | { readonly kind: 'and' | 'or'; readonly left: Tree; readonly right: Tree };

interface Ran {
  readonly pid: number;
  readonly name: string;
  readonly args: readonly string[];
  readonly uid: number;
}

const NAMES = ['ls', 'cat', 'zsh'];
const ARGS = ['-a', '-A', 'b*', 'c'];

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.record({ kind: fc.constant('name' as const), value: fc.constantFrom(...NAMES) }),
    fc.record({ kind: fc.constant('arg' as const), value: fc.constantFrom(...ARGS) }),
    fc.record({ kind: fc.constant('uid' as const), value: fc.constantFrom('501', '502') }),
    fc.record({ kind: fc.constant('pid' as const), least: fc.integer({ min: 700, max: 705 }) }),
    fc.record({ kind: fc.constant('not' as const), of: tie('tree') }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      left: tie('tree'),
      right: tie('tree'),
    }),
  ),
}));

function written(condition: Tree): string {
  switch (condition.kind) {
    case 'name':
      return `process.name == "${condition.value}"`;
    case 'arg':
      return `process.args == "${condition.value}"`;
    case 'uid':
      return `user.id == "${condition.value}"`;
    case 'pid':
      return `process.pid >= ${condition.least}`;
    case 'not':
      return `not (${written(condition.of)})`;
    default:
      return `(${written(condition.left)} ${condition.kind} ${written(condition.right)})`;
  }
}

function holds(condition: Tree, ran: Ran): boolean {
  switch (condition.kind) {
    case 'name':
      return ran.name === condition.value;
    case 'arg':
      return ran.args.includes(condition.value);
    case 'uid':
      return String(ran.uid) === condition.value;
    case 'pid':
      return ran.pid >= condition.least;
    case 'not':
      return !holds(condition.of, ran);
    case 'and':
      return holds(condition.left, ran) && holds(condition.right, ran);
    case 'or':
      return holds(condition.left, ran) || holds(condition.right, ran);
  }
}

const ran = fc.record({
  name: fc.constantFrom(...NAMES),
  args: fc.array(fc.constantFrom(...ARGS), { maxLength: 3 }),
  uid: fc.constantFrom(501, 502),
});
const excepted = fc.record({
  condition: tree,
  ruleId: fc.constantFrom(null, 'ls', 'pair', 'none'),
  expiresMs: fc.constantFrom(null, 400, 500, 501),
});

describe('exceptions', () => {
  it('leave of the alerts those on whose events no condition holds, and no others', async () => {
    const rules = [
      rule('ls', 'process where process.name in ("ls", "cat")'),
      rule(
        'pair',
        'sequence with maxspan=1m [process where process.name == "ls"] [process where process.name == "cat"]',
      ),
    ];
    const now = 500;
    await fc.assert(
      fc.asyncProperty(
        fc.array(ran, { minLength: 1, maxLength: 6 }),
        fc.array(excepted, { maxLength: 4 }),
        async (programs, exceptions) => {
          const all: Ran[] = programs.map((each, index) => ({ ...each, pid: 700 + index }));
          const lines = all.map(({ pid, name, args, uid }, index) =>
            execLine({ pid, uid, pidversion: pid * 10, path: `/bin/${name}`, args, ...at(10 + index) }),
          );
          const set = new ExceptionSet(
            exceptions.map(({ condition, ...more }) => exception(written(condition), more)),
          );
          const ruleSet = new RuleSet(rules);
          const found = await mapEvents(lines, (event) =>
            ruleSet.evaluate(event).map((finding) => ({
              finding,
              pids: finding.sources.map(({ document }) => (document.process as { pid: number }).pid),
              isCovered: covering(set, finding, now).length > 0,
            })),
          );
          for (const { finding, pids, isCovered } of found.flat()) {
            const events = all.filter(({ pid }) => pids.includes(pid));
            const expected = exceptions.some(
              ({ condition, ruleId, expiresMs }) =>
                (ruleId === null || ruleId === finding.rule.id) &&
                (expiresMs === null || now < expiresMs) &&
                events.some((event) => holds(condition, event)),
            );
            assert.equal(isCovered, expected);
          }
        },
      ),
      { numRuns: 150 },
    );
  }).timeout(30_000);
});
