import assert from 'node:assert/strict';
import { ANCESTRY_LIMIT, KEPT_ARGUMENT_BYTES, ProcessTable, TOKEN_LIMIT } from '../../src/process/index.ts';
import { execLine, exitLine, forkLine, type ProcessOptions } from '../support/eslogger-lines.ts';
import { mapEvents } from '../support/events.ts';

const shell: ProcessOptions = {
  pid: 100,
  pidversion: 200,
  path: '/bin/zsh',
  startTime: '2026-08-12T10:00:00.000001Z',
};

function child(pid: number, pidversion: number, parent: ProcessOptions): ProcessOptions {
  return {
    pid,
    pidversion,
    parentPid: parent.pid!,
    parentPidversion: parent.pidversion!,
    startTime: `2026-08-12T11:00:00.${String(pid).padStart(6, '0')}Z`,
  };
}

describe('the process table', () => {
  it('keeps one entity through fork, exec and exit', async () => {
    const life = child(101, 201, shell);
    const entities = await mapEvents(
      [
        forkLine({ ...life, path: '/bin/zsh', actor: shell }),
        execLine({ ...life, pidversion: 202, path: '/usr/bin/env', args: ['env', 'ls'] }),
        execLine({
          ...life,
          pidversion: 203,
          path: '/bin/ls',
          args: ['ls'],
          actor: { path: '/usr/bin/env' },
        }),
        exitLine({ ...life, pidversion: 203, path: '/bin/ls' }),
      ],
      (event) => event.entity,
    );
    assert.equal(new Set(entities).size, 1);
    const [entity] = entities;
    assert.equal(entity!.image.executable, '/bin/ls');
    assert.equal(entity!.previous?.executable, '/usr/bin/env');
    assert.deepEqual(entity!.previous?.arguments?.values, ['env', 'ls']);
    assert.deepEqual(entity!.pidversions, [201, 202, 203]);
    assert.equal(entity!.exited, true);
  });

  it('finds a parent by the pidversion that it had when it forked', async () => {
    const parent = child(101, 201, shell);
    const names = await mapEvents(
      [
        execLine({ ...parent, pidversion: 202, path: '/bin/sh', args: ['sh', 'x.sh'] }),
        forkLine({
          ...child(102, 300, { ...parent, pidversion: 202 }),
          actor: { ...parent, pidversion: 202, path: '/bin/sh' },
        }),
        execLine({
          ...parent,
          pidversion: 203,
          path: '/bin/bash',
          args: ['bash'],
          actor: { path: '/bin/sh' },
        }),
        execLine({ ...child(102, 301, { ...parent, pidversion: 202 }), path: '/bin/date', args: ['date'] }),
      ],
      (event) => event.parent.entity?.image.executable,
    );
    assert.equal(names[3], '/bin/bash');
  });

  it('knows the image of a process that is older than the tap, though not its arguments', async () => {
    const [entity] = await mapEvents(
      [forkLine({ ...child(101, 201, shell), actor: shell })],
      (event) => event.entity,
    );
    assert.equal(entity!.parent?.image.executable, '/bin/zsh');
    assert.equal(entity!.parent?.image.arguments, null);
  });

  it('takes a pid that is forked again for another process', async () => {
    const first = child(101, 201, shell);
    const again = { ...child(101, 900, shell), startTime: '2026-08-12T12:00:00.000001Z' };
    const entities = await mapEvents(
      [forkLine({ ...first, actor: shell }), forkLine({ ...again, actor: shell })],
      (event) => event.entity,
    );
    assert.notEqual(entities[0], entities[1]);
    assert.equal(entities[0]!.exited, true);
  });

  it('keeps an exited process through its grace, for children that come late, and then forgets it', async () => {
    const parent = child(101, 201, shell);
    const late = child(102, 300, parent);
    const much = child(103, 301, parent);
    const parents = await mapEvents(
      [
        execLine({ ...parent, time: '2026-08-12T11:00:00.000000000Z' }),
        exitLine({ ...parent, time: '2026-08-12T11:00:01.000000000Z' }),
        execLine({ ...late, time: '2026-08-12T11:00:30.000000000Z' }),
        execLine({ ...much, time: '2026-08-12T11:02:00.000000000Z' }),
      ],
      (event) => event.parent.entity !== null,
    );
    assert.deepEqual(parents.slice(2), [true, false]);
  });

  it('holds no more processes than its limit and counts those it forgot', async () => {
    const table = new ProcessTable(10);
    await mapEvents(
      Array.from({ length: 50 }, (_, index) => execLine(child(1_000 + index, 5_000 + index, shell))),
      (event) => table.apply(event.record),
    );
    assert.ok(table.size <= 10, `${table.size}`);
    assert.equal(table.evicted, 40);
  });

  it('lets go of ancestors beyond its limit: a chain of daemons has no end', async () => {
    const lines: string[] = [];
    let parent = shell;
    for (let index = 0; index < 5 * ANCESTRY_LIMIT; index += 1) {
      const next = child(1_000 + index, 5_000 + index, parent);
      lines.push(forkLine({ ...next, actor: parent }), exitLine({ ...parent }));
      parent = next;
    }
    const depths = await mapEvents(lines, (event) => event.entity.ancestors().length);
    assert.equal(Math.max(...depths), ANCESTRY_LIMIT);
  });

  it('knows the last pidversions of a process that execs for ever, and its first for its id', async () => {
    const life = child(101, 201, shell);
    const lines = Array.from({ length: 5 * TOKEN_LIMIT }, (_, index) =>
      execLine({
        ...life,
        pidversion: 202 + index,
        args: [String(index)],
        actor: { pidversion: 201 + index },
      }),
    );
    const table = new ProcessTable();
    const entities = await mapEvents(lines, (event) => table.apply(event.record));
    const [entity] = entities;
    assert.equal(new Set(entities).size, 1);
    assert.deepEqual(
      [entity!.firstPidversion, entity!.pidversions.length, entity!.pidversions.at(-1)],
      [201, TOKEN_LIMIT, 201 + 5 * TOKEN_LIMIT],
    );
    assert.equal(table.find(101, 201), null);
    assert.equal(table.find(101, 201 + 5 * TOKEN_LIMIT), entity);
  });

  it('keeps the beginning of an argument that is too long, so that it does not look like none', async () => {
    const [kept] = await mapEvents(
      [execLine({ ...child(101, 201, shell), args: ['x'.repeat(9_000), 'y'] })],
      (event) => event.entity.image.arguments,
    );
    assert.deepEqual(
      [kept!.values.length, kept!.values[0]!.length, kept!.count],
      [1, KEPT_ARGUMENT_BYTES, 2],
    );
  });

  it('bounds the arguments that it keeps and says how many there were', async () => {
    const args = ['x', ...Array<string>(1_000).fill('y'.repeat(100))];
    const [kept] = await mapEvents(
      [execLine({ ...child(101, 201, shell), args })],
      (event) => event.entity.image.arguments,
    );
    assert.equal(kept!.count, 1_001);
    assert.ok(kept!.values.length >= 30 && kept!.values.length < 50, `${kept!.values.length}`);
  });
});
