import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { alertDocument, eventDocument, FIELDS, gapDocument } from '../../src/ecs/index.ts';
import { RuleSet } from '../../src/rules/index.ts';
import { controlLine, execLine, exitLine, forkLine } from '../support/eslogger-lines.ts';
import { mapEvents } from '../support/events.ts';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface KnownField {
  readonly type: string;
  /** ecs: ECS 9.4 has it. defend: Elastic Defend's process events have it. kibana: Kibana's alert schema has it. */
  readonly source: string;
  readonly array: boolean;
}

/** Facts of ECS 9.4.0 and of Elastic Defend's field list about the fields that exectap writes. */
const KNOWN = new Map<string, KnownField>(
  readFileSync(path('../fixtures/ecs/known-fields.tsv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .map(([name, type, source, array]) => [
      name!,
      { type: type!, source: source!, array: array === 'array' },
    ]),
);

/** Every leaf of a document; those inside lists of objects too. */
function leaves(value: unknown, name = ''): [name: string, value: unknown][] {
  if (Array.isArray(value) && typeof value[0] === 'object')
    return value.flatMap((item) => leaves(item, name));
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [[name, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, name === '' ? key : `${name}.${key}`));
}

const JSON_TYPE: Record<string, string> = { long: 'number', float: 'number', boolean: 'boolean' };

function assertKnown(name: string, value: unknown): void {
  const known = KNOWN.get(name);
  assert.ok(known, `${name} is no known field`);
  assert.equal(Array.isArray(value), known.array, `${name}: a list or not`);
  for (const one of Array.isArray(value) ? value : [value]) {
    assert.equal(typeof one, JSON_TYPE[known.type] ?? 'string', name);
    if (known.type === 'date') assert.ok(!Number.isNaN(Date.parse(one)), `${name}: ${one}`);
  }
}

const life = { pid: 700, startTime: '2026-08-12T15:28:33.400000Z', tty: '/dev/ttys002' };
const parent = { pid: 500, pidversion: 5_000, path: '/bin/zsh', startTime: '2026-08-12T10:00:00.000001Z' };
const child = {
  ...life,
  parentPid: 500,
  parentPidversion: 5_000,
  responsiblePid: 500,
  responsiblePidversion: 5_000,
};
const LINES = [
  controlLine({
    start: {
      host: { id: 'H', name: 'mac', architecture: 'arm64' },
      os: { version: '26.1', build: '25B78', kernel: 'Darwin' },
    },
  }),
  execLine({ ...parent, uid: 0, args: ['-zsh'] }),
  forkLine({ ...child, pidversion: 6_999, path: '/bin/zsh', actor: parent }),
  execLine({
    ...child,
    pidversion: 7_000,
    uid: 0,
    script: '/x.sh',
    args: ['security', 'dump-keychain', '-d', 'x'.repeat(40_000)],
  }),
  exitLine({ ...child, pidversion: 7_000 }),
];

describe('every field that is written', () => {
  it('has the type that ECS or Elastic Defend gives it in the table', () => {
    for (const { name, type } of FIELDS) assert.equal(KNOWN.get(name)?.type, type, name);
  });

  it('is known, with that type, in the documents of events; and every field of the table is seen', async () => {
    const documents = await mapEvents(LINES, eventDocument);
    const found = documents.flatMap((document) => leaves(document));
    for (const [name, value] of found) assertKnown(name, value);
    const seen = new Set(found.map(([name]) => name));
    assert.deepEqual(
      FIELDS.map(({ name }) => name).filter((name) => !seen.has(name)),
      [],
    );
  });

  it('is known, with that type, in the documents of alerts', async () => {
    const rules = RuleSet.load();
    const alerts = await mapEvents(LINES, (event) =>
      rules
        .evaluate(event)
        .map(({ sources, rule }) => alertDocument(sources, rule, '2026-08-12T15:28:34.000Z')),
    );
    const [alert, ...more] = alerts.flat();
    assert.deepEqual(more, []);
    const { Events, ...own } = JSON.parse(JSON.stringify(alert));
    for (const [name, value] of leaves(own)) assertKnown(name, value);
    const [{ _label, _state, ...source }] = Events;
    assert.deepEqual([_label, _state], ['process', 0]);
    for (const [name, value] of leaves(source)) assertKnown(name, value);
  });

  it('is known, with that type, in the documents of gaps, but for what is under exectap', () => {
    const host = { id: 'H', name: 'mac', architecture: 'arm64', osVersion: '26', kernel: 'Darwin' };
    const origin = { host, agent: { id: 'a', version: '1' }, namespace: 'default' };
    const gap = { cause: 'sleep', fromMs: 0, toMs: 9, lost: 1, exact: true, detail: 'x' } as const;
    const { exectap, ...own } = gapDocument('id', gap, origin, '2026-08-12T15:28:34.000Z');
    assert.ok(exectap !== undefined);
    for (const [name, value] of leaves(own)) assertKnown(name, value);
  });
});

describe('the facts about known fields', () => {
  const oracle = path('../../../shared/data/ecs/ecs-9.4.0.json');

  it('are those of ECS 9.4.0 and of Elastic Defend’s list', function () {
    if (!existsSync(oracle)) {
      process.stdout.write('      (the ECS oracle is not beside this checkout)\n');
      this.skip();
    }
    const ecs = JSON.parse(readFileSync(oracle, 'utf8')).fields;
    const defend = new Map(
      readFileSync(path('../../../shared/data/ecs/defend-macos-process-fields.tsv'), 'utf8')
        .split('\n')
        .map((line) => line.split('\t'))
        .map(([name, type]) => [name, type]),
    );
    for (const [name, { type, source, array }] of KNOWN) {
      if (source === 'ecs')
        assert.deepEqual([ecs[name]?.type, ecs[name]?.array ?? false], [type, array], name);
      if (source === 'defend')
        assert.ok(ecs[name] === undefined && [type, '-(unmapped)'].includes(defend.get(name) ?? ''), name);
    }
  });
});
