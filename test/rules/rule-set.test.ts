import assert from 'node:assert/strict';
import { alertDocument } from '../../src/ecs/index.ts';
import { type Finding, type Rule, RuleSet } from '../../src/rules/index.ts';
import { execLine, exitLine, forkLine, type ProcessOptions } from '../support/eslogger-lines.ts';
import { mapEvents } from '../support/events.ts';
import { temporaryFolder } from '../support/files.ts';

const [template] = RuleSet.load().rules;
let serial = 0;

function rule(query: string, more: Partial<Rule> = {}): Rule {
  serial += 1;
  return { ...template!, id: `rule-${serial}`, name: query, query, file: 'test.toml', queryLine: 1, ...more };
}

const names = (found: readonly Finding[]): string[] => found.map(({ rule: { name } }) => name);

const life = (pid: number): ProcessOptions => ({
  pid,
  startTime: `2026-08-12T15:00:00.${String(pid).padStart(6, '0')}Z`,
});
const at = (second: number): { time: string } => ({
  time: `2026-08-12T15:28:${String(second).padStart(2, '0')}.000000001Z`,
});

/** A process: its fork, an exec of `path` with `args`, and its exit, from `second` on. */
function run(pid: number, second: number, path: string, args: string[]): string[] {
  return [
    forkLine({ ...life(pid), ...at(second), pidversion: pid * 10, path: '/bin/zsh' }),
    execLine({ ...life(pid), ...at(second + 1), pidversion: pid * 10 + 1, path, args }),
    exitLine({ ...life(pid), ...at(second + 2), pidversion: pid * 10 + 1, path }),
  ];
}

async function findings(rules: RuleSet, lines: readonly string[]): Promise<Finding[]> {
  return (await mapEvents(lines, (event) => [...rules.evaluate(event)])).flat();
}

describe('a set of rules', () => {
  const folder = temporaryFolder();
  const FORK_TO_EXIT =
    'sequence by process.entity_id with maxspan=10s [process where event.action == "fork"] [process where event.action == "end"]';

  it('finds sequences, with every event of them as it was', async () => {
    const [found, ...more] = await findings(
      new RuleSet([rule(FORK_TO_EXIT)]),
      run(700, 10, '/bin/ls', ['ls']),
    );
    assert.deepEqual(more, []);
    const events = found!.sources.map(({ document }) => document as Record<string, any>);
    assert.deepEqual(
      events.map(({ event, process }) => [event.action, process.name, process.pid]),
      [
        ['fork', 'zsh', 700],
        ['end', 'ls', 700],
      ],
    );
    assert.equal(found!.entityId, events[1]!.process.entity_id);
  });

  it('bounds the arguments of an alert on a long sequence as those of any other', async () => {
    const many = rule(
      'sequence by host.id with maxspan=1m [process where event.action == "exec"] with runs=12',
    );
    const lines = Array.from({ length: 12 }, (_, index) =>
      execLine({
        ...life(700 + index),
        ...at(10 + index),
        pidversion: 7_000 + index,
        args: ['x', '\u0001'.repeat(50_000)],
      }),
    );
    const [found] = await findings(new RuleSet([many]), lines);
    assert.equal(found!.sources.length, 8);
    const document = JSON.stringify(alertDocument(found!.sources, found!.rule, '2026-08-12T15:29:00.000Z'));
    assert.ok(document.length < 64 * 1024, `${document.length}`);
  });

  it('keeps a term of a sequence from forks unless it asks for the action', async () => {
    const starts = rule(
      'sequence by process.parent.pid with maxspan=5s [process where event.type == "start"] [process where event.type == "start"]',
    );
    const lines = [...run(700, 10, '/bin/ls', ['ls']), ...run(701, 20, '/bin/ls', ['ls'])];
    const [found, ...more] = await findings(new RuleSet([starts]), lines);
    assert.deepEqual(more, []);
    assert.equal(found, undefined);
    const close = [...run(700, 10, '/bin/ls', ['ls']), ...run(701, 12, '/bin/ls', ['ls'])];
    const [pair] = await findings(new RuleSet([starts]), close);
    assert.deepEqual(
      pair!.sources.map(({ document }) => (document.event as any).action),
      ['exec', 'exec'],
    );
  });

  it('goes on with open sequences after a restart, and not with those whose span has passed', async () => {
    const sequence = rule(FORK_TO_EXIT);
    const [fork, exec, exit] = run(700, 10, '/bin/ls', ['ls']);
    const before = new RuleSet([sequence]);
    assert.deepEqual(await findings(before, [fork!, exec!]), []);
    const state = JSON.parse(JSON.stringify(before.snapshot()));
    const after = new RuleSet([sequence]);
    assert.deepEqual(after.restore(state), []);
    assert.equal((await findings(after, [exit!])).length, 1);
    const late = new RuleSet([sequence]);
    late.restore(state);
    assert.deepEqual(await findings(late, [exitLine({ ...life(700), ...at(40), pidversion: 7001 })]), []);
  });

  it('begins anew where the state is damaged, and says for which rule', () => {
    const sequence = rule(FORK_TO_EXIT);
    const rules = new RuleSet([sequence]);
    assert.deepEqual(rules.restore({ [sequence.id]: { version: 1, query: 7 } }), [sequence]);
    assert.deepEqual(rules.restore({ another: {} }), []);
  });

  it('has nothing to keep where no rule joins events', () => {
    assert.equal(RuleSet.load().snapshot(), null);
  });

  it('tells what did not come once it cannot come any more', async () => {
    const stays = rule(
      'sequence by process.entity_id with maxspan=5s [process where event.action == "exec"] ![process where event.action == "end"]',
    );
    const rules = new RuleSet([stays]);
    const [fork, exec] = run(700, 10, '/bin/ls', ['ls']);
    assert.deepEqual(await findings(rules, [fork!, exec!]), []);
    assert.deepEqual(rules.advance(Date.parse('2026-08-12T15:28:14Z')), []);
    assert.equal(rules.advance(Date.parse('2026-08-12T15:28:20Z')).length, 1);
    const ended = new RuleSet([stays]);
    await findings(ended, [fork!, exec!]);
    assert.equal(ended.end().length, 1);
  });

  it('makes an alert of its own of an event that a rule could not be evaluated on in full', async () => {
    const dear = rule('process where process.command_line regex ".*x(a.{200}|b.{300})c.*"');
    const [found, ...more] = await findings(new RuleSet([dear]), [execLine({ args: ['x'.repeat(500_000)] })]);
    assert.deepEqual(more, []);
    assert.equal(found!.rule.id, `exectap.incomplete.${dear.id}`);
    assert.match(found!.rule.description, /could not be evaluated in full/);
  });

  it('finds with an index what each rule finds alone', async () => {
    const rules = ['ls', 'cat', 'zsh'].map((name) =>
      rule(`process where process.name == "${name}" and process.args : "*a*"`),
    );
    const lines = [...run(700, 10, '/bin/ls', ['ls', 'xay']), ...run(701, 20, '/bin/cat', ['cat', 'b'])];
    const together = names(await findings(new RuleSet(rules), lines));
    const alone = (await Promise.all(rules.map((each) => findings(new RuleSet([each]), lines)))).flatMap(
      names,
    );
    assert.deepEqual(together.sort(), alone.sort());
    assert.ok(together.length > 0);
  });

  it('is loaded from files besides the built-in ones, which they replace by their id; what cannot be used is told of', () => {
    const text = (id: string, query: string): string =>
      `[rule]\nname = "${id}"\nrule_id = "${id}"\ntype = "eql"\nseverity = "low"\nrisk_score = 21\nquery = '''\n${query}\n'''\n`;
    folder.write('1.toml', text('mine', 'process where process.name == "x"'));
    folder.write('2.toml', text(template!.id, 'process where process.name == "security"'));
    folder.write('3.toml', text('broken', 'process where'));
    folder.write('4.toml', text('wrong', 'process where process.pid : "4"'));
    const told: string[] = [];
    const { rules } = RuleSet.load([folder.path()], ({ message }) =>
      told.push(message.replace(folder.path(), '')),
    );
    assert.deepEqual(
      rules.map(({ id, name }) => [id, name]),
      [
        [template!.id, template!.id],
        ['mine', 'mine'],
      ],
    );
    assert.deepEqual(
      told.map((message) => message.split(':')[0]),
      ['/3.toml', '/4.toml'],
    );
  });
});
