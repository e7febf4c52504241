import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, statSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import * as v from 'valibot';
import {
  AgentRefusedError,
  AgentSilentError,
  ControlClient,
  ControlServer,
  ControlSocketError,
  requestKind,
} from '../../src/control/index.ts';
import { ExectapError } from '../../src/errors.ts';
import { temporaryFolder } from '../support/files.ts';

const ITEMS = 2_000;
const nothing = v.strictObject({});

class TestLog {
  readonly lines: { message: string; fields: Record<string, unknown> }[] = [];
  #add = (message: string, fields: object = {}): void =>
    void this.lines.push({ message, fields: fields as Record<string, unknown> });
  info = this.#add;
  warn = this.#add;
  error = this.#add;
}

describe('the control socket', function () {
  this.timeout(30_000);
  const folder = temporaryFolder();
  let server: ControlServer;
  let log: TestLog;
  let path: string;

  beforeEach(async () => {
    log = new TestLog();
    path = folder.path('control.sock');
    const named = v.strictObject({
      id: v.pipe(v.string(), v.maxLength(10)),
      comment: v.optional(v.string()),
    });
    server = new ControlServer(
      [
        requestKind(
          'echo',
          { role: 'admin', changes: false },
          v.strictObject({ text: v.string() }),
          async ({ text }) => text,
        ),
        requestKind('change', { role: 'root', changes: true }, named, async () => 'changed'),
        requestKind('fail', { role: 'admin', changes: false }, nothing, () =>
          Promise.reject(new ExectapError('it is broken', { remedy: 'mend it' })),
        ),
        requestKind('fault', { role: 'admin', changes: false }, nothing, () =>
          Promise.reject(new TypeError('with a secret in it')),
        ),
        requestKind('items', { role: 'admin', changes: false }, nothing, async (_asked, call) => {
          for (let index = 0; index < ITEMS; index += 1) await call.item({ index, text: 'x'.repeat(2_000) });
          return ITEMS;
        }),
        requestKind('flood', { role: 'admin', changes: false }, nothing, async (_asked, call) => {
          let dropped = 0;
          for (let index = 0; index < ITEMS; index += 1) if (!call.offer('x'.repeat(10_000))) dropped += 1;
          return dropped;
        }),
        requestKind('huge', { role: 'admin', changes: false }, nothing, async () =>
          'x'.repeat(5 * 1024 * 1024),
        ),
        // 5 MiB in half as many characters.
        requestKind('wide', { role: 'admin', changes: false }, nothing, async () =>
          'é'.repeat(2.5 * 1024 * 1024),
        ),
      ],
      { ownerUid: process.geteuid!(), adminGid: null },
      log,
    );
    await server.listenAt(path);
  });
  afterEach(() => server.close());

  async function client(): Promise<ControlClient> {
    const connected = await ControlClient.connect(path);
    assert.ok(connected !== null);
    return connected;
  }

  async function ask(request: string, parameters: object = {}): Promise<unknown> {
    const asking = await client();
    try {
      return await asking.call(request, parameters);
    } finally {
      asking.close();
    }
  }

  /** Sends bytes and gives what comes back until the server closes. */
  async function send(bytes: string | Uint8Array): Promise<any[]> {
    const socket = connect({ path });
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    socket.write(bytes);
    return answersOf(socket);
  }

  async function answersOf(socket: Socket): Promise<any[]> {
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    await once(socket, 'close');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  const isFine = async (): Promise<void> => assert.equal(await ask('echo', { text: 'fine' }), 'fine');

  it('is for its owner alone from the start', () => {
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('answers one request after another on one connection', async () => {
    const asking = await client();
    assert.equal(await asking.call('echo', { text: 'a' }), 'a');
    assert.equal(await asking.call('echo', { text: 'b' }), 'b');
    asking.close();
  });

  it('gives every item, however many, to a client that takes its time', async () => {
    const asking = await client();
    const got: number[] = [];
    const done = await asking.call(
      'items',
      {},
      {
        onItem: async (item) => {
          got.push((item as { index: number }).index);
          if (got.length % 500 === 0) await sleep(50);
        },
      },
    );
    assert.deepEqual([done, got.length, got.at(-1)], [ITEMS, ITEMS, ITEMS - 1]);
    asking.close();
  });

  it('leaves live items out for a client that takes nothing, and knows how many', async () => {
    const socket = connect({ path });
    await once(socket, 'connect');
    socket.pause();
    socket.write('{"v":1,"id":1,"request":"flood"}\n');
    await sleep(300);
    const answers = answersOf(socket);
    socket.resume();
    setTimeout(() => socket.end(), 500);
    const all = await answers;
    const dropped = all.find((answer) => 'done' in answer)!.done as number;
    assert.ok(dropped > 0 && dropped < ITEMS);
    assert.equal(all.filter((answer) => 'item' in answer).length + dropped, ITEMS);
  });

  it('fails in the agent’s words, with what to do', async () => {
    await assert.rejects(ask('fail'), (error: unknown) => {
      assert.ok(error instanceof AgentRefusedError);
      assert.deepEqual([error.code, error.message, error.remedy], ['failed', 'it is broken', 'mend it']);
      return true;
    });
  });

  it('does not show a client what a fault of the agent says', async () => {
    await assert.rejects(ask('fault'), (error: unknown) => !String(error).includes('secret'));
    assert.match(JSON.stringify(log.lines), /with a secret in it/);
  });

  it('does not send an answer that is longer than one may be, in bytes', async () => {
    await assert.rejects(ask('huge'), /longer than one may be/);
    await assert.rejects(ask('wide'), /longer than one may be/);
    await isFine();
  });

  it('logs who asked for a change, and no text of a person', async () => {
    await ask('change', { id: 'abc', comment: 'my password is hunter2' });
    const line = log.lines.find(({ message }) => message === 'asked for a change')!;
    assert.deepEqual(line.fields, {
      request: 'change',
      uid: process.geteuid!(),
      pid: process.pid,
      id: 'abc',
    });
    assert.doesNotMatch(JSON.stringify(log.lines), /hunter2/);
  });

  const bad: [what: string, line: string, code: string][] = [
    ['no JSON', 'hello', 'malformed'],
    ['JSON that is no object', '[1]', 'malformed'],
    ['no version', '{"id":1,"request":"echo"}', 'malformed'],
    ['another version', '{"v":2,"id":1,"request":"echo"}', 'version'],
    ['a key too many', '{"v":1,"id":1,"request":"echo","extra":1}', 'malformed'],
    ['an id that is no number', '{"v":1,"id":"1","request":"echo"}', 'malformed'],
    ['parameters that are a list', '{"v":1,"id":1,"request":"echo","with":[]}', 'malformed'],
  ];
  for (const [what, line, code] of bad) {
    it(`refuses a line with ${what}, tells so, counts it and hangs up`, async () => {
      const [answer, ...more] = await send(`${line}\n`);
      assert.deepEqual([answer.id, answer.error.code, more.length], [0, code, 0]);
      assert.equal(server.counters.badRequests, 1);
      await isFine();
    });
  }

  it('names both versions where they differ', async () => {
    const [answer] = await send('{"v":7,"id":1,"request":"echo"}\n');
    assert.match(answer.error.message, /version 7 .* speaks 1/);
  });

  const invalid: [what: string, request: string, parameters: object][] = [
    ['a request that there is not', 'nonsense', {}],
    ['__proto__', '__proto__', {}],
    ['a parameter of wrong type', 'echo', { text: 1 }],
    ['a parameter too many', 'echo', { text: 'a', more: 1 }],
    ['a missing parameter', 'echo', {}],
    ['a parameter that is too long', 'change', { id: 'x'.repeat(11) }],
  ];
  for (const [what, request, parameters] of invalid) {
    it(`refuses ${what} and goes on with the client`, async () => {
      const asking = await client();
      await assert.rejects(
        asking.call(request, parameters),
        (error: unknown) => error instanceof AgentRefusedError && error.code === 'invalid',
      );
      assert.equal(await asking.call('echo', { text: 'still here' }), 'still here');
      assert.equal(server.counters.badRequests, 1);
      asking.close();
    });
  }

  it('hangs up on a request that does not end, and does not hold it', async () => {
    const socket = connect({ path });
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    const answers = answersOf(socket);
    for (let sent = 0; sent < 300 * 1024 && !socket.destroyed; sent += 1024) socket.write('x'.repeat(1024));
    const [answer] = await answers;
    assert.match(answer?.error.message ?? 'the request is too long', /too long/);
    await isFine();
  });

  it('hangs up on a client that sends its request a byte at a time', async () => {
    const socket = connect({ path });
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    const started = performance.now();
    socket.resume();
    const drip = setInterval(() => socket.write(' '), 100);
    await once(socket, 'close');
    clearInterval(drip);
    const waited = performance.now() - started;
    assert.ok(waited > 4_000 && waited < 8_000, `${waited} ms`);
  });

  it('hangs up on a client that asks much without taking answers', async () => {
    const socket = connect({ path });
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    socket.write('{"v":1,"id":1,"request":"items"}\n'.repeat(20));
    await answersOf(socket);
    assert.equal(server.counters.badRequests, 1);
    await isFine();
  });

  it('has room for so many clients and no more, and for the next when one has gone', async () => {
    const clients = await Promise.all(Array.from({ length: 40 }, () => client()));
    await sleep(200);
    assert.equal(server.counters.turnedAway, 8);
    await assert.rejects(
      ask('echo', { text: 'a' }),
      (error: unknown) => error instanceof AgentRefusedError && error.code === 'busy',
    );
    for (const each of clients) each.close();
    await sleep(100);
    await isFine();
  });

  it('counts every bad request, and logs the same once a minute', async () => {
    for (let index = 0; index < 30; index += 1) await send('hello\n');
    assert.equal(server.counters.badRequests, 30);
    assert.equal(log.lines.filter(({ message }) => message.includes('was refused')).length, 1);
  });

  it('stands whatever bytes it is sent, and answers good clients afterwards', async () => {
    const line = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((json) => Buffer.from(`${json}\n`)),
      fc
        .record({
          v: fc.oneof(fc.constant(1), fc.anything()),
          id: fc.oneof(fc.nat(), fc.anything()),
          request: fc.oneof(fc.constantFrom('echo', 'change', 'fail', 'fault'), fc.string()),
          with: fc.oneof(fc.record({ text: fc.string() }), fc.object()),
        })
        .map((value) =>
          Buffer.from(
            `${JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? 0 : each))}\n`,
          ),
        ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 4 }), async (parts) => {
        const socket = connect({ path });
        await once(socket, 'connect');
        socket.on('error', () => undefined);
        const answers = answersOf(socket);
        for (const part of parts) socket.write(part);
        socket.end();
        for (const answer of await answers)
          assert.ok('done' in answer || 'item' in answer || 'error' in answer);
      }),
      { numRuns: 500 },
    );
    await isFine();
    assert.equal(
      log.lines
        .filter(({ message }) => message === 'a request failed')
        .every(({ fields }) => fields.request === 'fault'),
      true,
    );
  });

  it('is removed at the end', async () => {
    await server.close();
    assert.equal(existsSync(path), false);
    assert.equal(await ControlClient.connect(path), null);
  });

  it('takes the place of one that a dead agent left, and of nothing else', async () => {
    const other = folder.path('other.sock');
    const child = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(process.argv[1], () => console.log('ready'))`,
      other,
    ]);
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(await ControlClient.connect(other), null);
    const second = new ControlServer([], { ownerUid: 0, adminGid: null }, log);
    await second.listenAt(other);
    await second.close();
    await assert.rejects(second.listenAt(path), /another process listens on/);
    await isFine();
    folder.write('precious', 'data');
    await assert.rejects(
      new ControlServer([], { ownerUid: 0, adminGid: null }, log).listenAt(folder.path('precious')),
      ControlSocketError,
    );
  });

  it('cannot be where a path is longer than one may be, and says so', async () => {
    const long = folder.path('x'.repeat(120));
    await assert.rejects(
      new ControlServer([], { ownerUid: 0, adminGid: null }, log).listenAt(long),
      /longer than the path of a socket may be/,
    );
  });
});

describe('a client of the control socket', function () {
  this.timeout(30_000);
  const folder = temporaryFolder();

  async function behind(
    serve: (socket: Socket) => void,
    act: (client: ControlClient) => Promise<void>,
  ): Promise<void> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      serve(socket);
    });
    server.listen(folder.path('s'));
    await once(server, 'listening');
    const client = await ControlClient.connect(folder.path('s'));
    try {
      await act(client!);
    } finally {
      client?.close();
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  }

  it('waits two seconds for an agent that is silent, and no longer', () =>
    behind(
      () => undefined,
      async (client) => {
        const started = performance.now();
        await assert.rejects(client.call('status'), AgentSilentError);
        const waited = performance.now() - started;
        assert.ok(waited > 1_900 && waited < 2_500, `${waited} ms`);
      },
    ));

  it('waits so long for the first of items that may be long in coming', () =>
    behind(
      () => undefined,
      (client) => assert.rejects(client.call('tail', {}, { patient: true }), AgentSilentError),
    ));

  it('waits so long between two items too', () =>
    behind(
      (socket) => socket.write('{"id":1,"item":1}\n'),
      (client) => assert.rejects(client.call('status'), AgentSilentError),
    ));

  for (const [what, text] of [
    ['text', 'hello\n'],
    ['an answer to something else', '{"id":9,"done":1}\n'],
    ['an endless line', 'x'.repeat(5 * 1024 * 1024)],
  ] as const) {
    it(`does not take ${what} for an answer`, () =>
      behind(
        (socket) => socket.write(text),
        (client) => assert.rejects(client.call('status'), /does not speak as an agent does/),
      ));
  }

  it('says so when the agent goes while it is asked', () =>
    behind(
      (socket) => setTimeout(() => socket.destroy(), 100),
      (client) => assert.rejects(client.call('status'), /has gone while it was asked/),
    ));

  it('finds nobody where there is no socket, and where nobody is behind one', async () => {
    assert.equal(await ControlClient.connect(folder.path('none')), null);
    assert.equal(await ControlClient.connect(folder.write('file', '')), null);
  });

  it('finds nobody behind a path that the system would cut', async () => {
    const cut = folder.path('x'.repeat(107)).slice(0, 107);
    const other = createServer().listen(cut);
    await once(other, 'listening');
    assert.equal(await ControlClient.connect(`${cut}y`), null);
    other.close();
  });
});

describe('a socket that an agent makes', function () {
  this.timeout(30_000);
  const folder = temporaryFolder();

  it('is nobody else’s for a moment', async () => {
    const path = folder.path('s');
    // Looks as often as it can, and tells every mode that it sees for the first time.
    const program = `
      const { lstatSync, existsSync } = require('fs');
      const [path, end] = process.argv.slice(1);
      const modes = new Set();
      console.log('ready');
      // It ends with the test, and by itself where the test has not come to its end.
      const giveUp = Date.now() + 30_000;
      for (let looks = 0; looks % 1000 !== 0 || !(existsSync(end) || Date.now() > giveUp); looks += 1) {
        const found = lstatSync(path, { throwIfNoEntry: false });
        const mode = found === undefined ? null : (found.mode & 0o777).toString(8);
        if (mode === null || modes.has(mode)) continue;
        modes.add(mode);
        console.log(mode);
      }`;
    const observer = spawn(process.execPath, ['-e', program, path, folder.path('end')]);
    let text = '';
    observer.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    await once(observer.stdout, 'data');
    const before = process.umask(0);
    try {
      // On a busy machine it may look seldom: until it has seen one there is nothing to conclude.
      for (let round = 0; round < 300 || (text === 'ready\n' && round < 5_000); round += 1) {
        // What it says comes in only when the loop turns.
        await sleep(1);
        const server = new ControlServer([], { ownerUid: 0, adminGid: null }, new TestLog());
        await server.listenAt(path);
        await server.close();
      }
      assert.equal(process.umask(), 0);
    } finally {
      process.umask(before);
      folder.write('end', '');
    }
    await once(observer, 'close');
    assert.equal(text, 'ready\n600\n');
  });
});

describe('who may ask', function () {
  this.timeout(30_000);
  const folder = temporaryFolder();
  const AGENT = fileURLToPath(new URL('programs/agent.ts', import.meta.url));
  const ADMIN = 34_567;
  const STRANGER = 45_678;

  /** Asks as another user, in a process of its own; the answer, or nothing where the agent hung up. */
  async function askAs(uid: number, gid: number, request: string): Promise<any> {
    const program = `
      const socket = require('net').connect(process.argv[1]);
      let text = '';
      socket.on('error', () => {});
      socket.on('data', (part) => { text += part; if (text.includes('\\n')) socket.end(); });
      socket.on('close', () => console.log(text.trim() || 'null'));
      socket.write(JSON.stringify({ v: 1, id: 1, request: process.argv[2] }) + '\\n');`;
    const child = spawn(process.execPath, ['-e', program, folder.path('s'), request], { uid, gid });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    await once(child, 'close');
    return JSON.parse(text);
  }

  it('root may do everything, a member of the group may look, a stranger nothing', async function () {
    if (process.geteuid?.() !== 0) {
      console.log('      skipped: only root can come as somebody else');
      this.skip();
    }
    chmodSync(folder.path(), 0o755);
    const agent = spawn(process.execPath, ['--import=tsx', AGENT, folder.path('s'), String(ADMIN)]);
    try {
      await once(agent.stdout, 'data');
      const root = await askAs(0, 0, 'look');
      assert.deepEqual([root.done.role, root.done.uid], ['root', 0]);
      assert.equal((await askAs(0, 0, 'change')).done, 'changed');
      const admin = await askAs(STRANGER, ADMIN, 'look');
      assert.deepEqual([admin.done.role, admin.done.uid], ['admin', STRANGER]);
      assert.equal((await askAs(STRANGER, ADMIN, 'change')).error.code, 'forbidden');
      // The socket of this test is open to all, so it is the credentials that keep a stranger out.
      assert.equal(await askAs(STRANGER, STRANGER, 'look'), null);
    } finally {
      agent.kill();
    }
  });

  it('root has a place, however many places admins take', async function () {
    if (process.geteuid?.() !== 0) {
      console.log('      skipped: only root can come as somebody else');
      this.skip();
    }
    chmodSync(folder.path(), 0o755);
    const agent = spawn(process.execPath, ['--import=tsx', AGENT, folder.path('s'), String(ADMIN)]);
    await once(agent.stdout, 'data');
    const crowd = `
      for (let index = 0; index < 40; index += 1) require('net').connect(process.argv[1]).on('error', () => {});
      setTimeout(() => console.log('ready'), 500);`;
    const admin = spawn(process.execPath, ['-e', crowd, folder.path('s')], { uid: STRANGER, gid: ADMIN });
    try {
      await once(admin.stdout, 'data');
      assert.equal((await askAs(STRANGER, ADMIN, 'look')).error.code, 'busy');
      assert.equal((await askAs(0, 0, 'change')).done, 'changed');
    } finally {
      admin.kill();
      agent.kill();
    }
  });
});
