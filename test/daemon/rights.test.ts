import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type Installation, install, processStatus, type RunningDaemon } from '../support/daemon.ts';

/**
 * Stands in for a worker that was taken over: it tries what it must not be able to do and tells what came of it. It is
 * started exactly as the real one is.
 */
const INTRUDER = `
const fs = require('node:fs');
const attempt = (name, act) => {
  try { act(); console.log(name + ' worked'); } catch (error) { console.log(name + ' ' + error.code); }
};
console.log('uid ' + JSON.stringify([process.getuid(), process.geteuid(), process.getgid(), process.getegid(), process.getgroups()]));
attempt('shadow', () => fs.readFileSync('/etc/shadow'));
attempt('secret', () => fs.readFileSync(process.argv[2]));
attempt('program', () => fs.writeFileSync(process.argv[3], ''));
attempt('setuid', () => process.setuid(0));
attempt('seteuid', () => process.seteuid(0));
attempt('setgid', () => process.setgid(0));
attempt('setgroups', () => process.setgroups([0]));
attempt('signal', () => process.kill(process.ppid, 'SIGTERM'));
attempt('memory', () => fs.openSync('/proc/' + process.ppid + '/mem', 'r+'));
attempt('socket', () => fs.unlinkSync(process.argv[4]));
const open = fs.readdirSync('/proc/self/fd').map(Number).filter((fd) => {
  try { return /pipe|socket/.test(fs.readlinkSync('/proc/self/fd/' + fd)); } catch { return false; }
});
console.log('descriptors ' + JSON.stringify(open.filter((fd) => fd < 5)));
console.log('environment ' + JSON.stringify(Object.keys(process.env).sort()));
console.log('umask ' + process.umask().toString(8));
console.log('cwd ' + process.cwd());
console.log('done');
setInterval(() => {}, 1000);
`;

describe('the worker', function () {
  this.timeout(60_000);
  let installed: Installation;
  let daemon: RunningDaemon;

  before(async function () {
    installed = install(this);
    const secret = installed.write('secret', 'a key', 0o600);
    const intruder = installed.write('intruder.cjs', INTRUDER);
    daemon = installed.start({
      worker: [
        installed.path('bin/node'),
        intruder,
        secret,
        installed.path('program/package.json'),
        installed.socket,
      ],
    });
    await daemon.said('done');
  });
  after(async () => {
    await daemon?.kill('SIGKILL');
    if (daemon !== undefined) process.kill(daemon.workerPid, 'SIGKILL');
    installed?.remove();
  });

  it('is its own user and in no other group', async () => {
    const { uid, gid } = installed.user;
    assert.deepEqual(JSON.parse(await daemon.said('uid ')), [uid, uid, gid, gid, [gid]]);
    for (const name of ['Uid', 'Gid'])
      assert.equal(new Set(processStatus(daemon.workerPid, name).split('\t')).size, 1, name);
  });

  it('has no capability, and can get none by executing something', () => {
    for (const name of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
      assert.equal(BigInt(`0x${processStatus(daemon.workerPid, name)}`), 0n, name);
    assert.equal(processStatus(daemon.workerPid, 'NoNewPrivs'), '1');
  });

  const attempts: [what: string, name: string, code: string][] = [
    ['read a file of the system that is root’s', 'shadow', 'EACCES'],
    ['read a file beside its program that is root’s', 'secret', 'EACCES'],
    ['change its own program', 'program', 'EACCES'],
    ['become root again', 'setuid', 'EPERM'],
    ['become root for a while', 'seteuid', 'EPERM'],
    ['get root’s group back', 'setgid', 'EPERM'],
    ['get root’s groups back', 'setgroups', 'EPERM'],
    ['signal the pump', 'signal', 'EPERM'],
    ['read or write the pump’s memory', 'memory', 'EACCES'],
    ['remove the control socket', 'socket', 'EACCES'],
  ];
  for (const [what, name, code] of attempts) {
    it(`cannot ${what}`, async () => assert.equal(await daemon.said(`${name} `), code));
  }

  it('has the descriptors that it is meant to have and no other of the pump’s', async () =>
    assert.deepEqual(JSON.parse(await daemon.said('descriptors ')), [0, 1, 2, 3, 4]));

  it('has nothing of the environment that the pump was started in', async () =>
    assert.deepEqual(JSON.parse(await daemon.said('environment ')), [
      'EXECTAP_ADMIN_GID',
      'HOME',
      'LANG',
      'PATH',
    ]));

  it('makes files that nobody else can read, and holds no folder busy', async () => {
    assert.equal(await daemon.said('umask '), '77');
    assert.equal(await daemon.said('cwd '), '/');
  });

  it('and the pump leave no core dumps', () => {
    for (const pid of [daemon.pid, daemon.workerPid])
      assert.match(readFileSync(`/proc/${pid}/limits`, 'latin1'), /^Max core file size\s+0\s+0\s/m);
  });

  it('is in a session of its own, as the tap is: eslogger hides its process group', () => {
    const sessionOf = (pid: number): string =>
      readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ')[3]!;
    assert.equal(sessionOf(daemon.workerPid), String(daemon.workerPid));
    assert.equal(sessionOf(daemon.tapPid), String(daemon.tapPid));
  });
});

describe('the pump', () => {
  it('holds no JSON parser', () => {
    const program = readFileSync(new URL('../../native/build/Release/exectapd', import.meta.url));
    assert.equal(program.includes('simdjson'), false);
  });
});

describe('the pump refuses to start', function () {
  this.timeout(60_000);
  let installed: Installation;

  before(function () {
    installed = install(this);
  });
  after(() => installed?.remove());

  async function refusal(options: readonly string[] = [], worker = installed.worker): Promise<string> {
    const daemon = installed.start({ options, worker });
    const line = await daemon.logged((each) => each.message.startsWith('refused to start'));
    assert.equal(await daemon.ended, 1);
    return line.message;
  }

  it('when its worker’s program can be changed by others', async () => {
    const file = installed.path('program/dist/cli/main.js');
    chmodSync(file, 0o666);
    try {
      assert.match(await refusal(), /dist\/cli\/main\.js can be written by others \(owner 0, mode 0666\)/);
    } finally {
      chmodSync(file, 0o644);
    }
  });

  it('when a file of the worker’s program is another user’s', async () => {
    const file = installed.path('program/native/build/Release/exectap.node');
    chownSync(file, installed.user.uid, 0);
    try {
      assert.match(await refusal(), /exectap\.node does not belong to root \(owner \d+/);
    } finally {
      chownSync(file, 0, 0);
    }
  });

  it('when a folder above the tap can be changed by others', async () => {
    mkdirSync(installed.path('open'));
    chmodSync(installed.path('open'), 0o777);
    const tap = installed.write('open/tap', '#!/bin/sh\n', 0o755);
    assert.match(await refusal(['--tap', tap]), /\/open can be written by others/);
  });

  it('when the worker’s interpreter is reached through a link that others can change', async () => {
    rmSync('/tmp/exectap-test-node', { force: true });
    symlinkSync(installed.path('bin/node'), '/tmp/exectap-test-node');
    try {
      const [, ...rest] = installed.worker;
      assert.match(await refusal([], ['/tmp/exectap-test-node', ...rest]), /\/tmp can be written by others/);
    } finally {
      rmSync('/tmp/exectap-test-node');
    }
  });

  it('when the worker would be root', async () => {
    assert.match(await refusal(['--user', 'root']), /user root has root's rights/);
  });

  it('when the worker’s user is not there', async () => {
    assert.match(await refusal(['--user', 'no-such-user']), /there is no user no-such-user/);
  });

  it('when something else stands where its socket belongs', async () => {
    mkdirSync(installed.path('run'), { recursive: true });
    writeFileSync(installed.socket, 'precious');
    assert.match(await refusal(), /control\.sock is there and is not a socket/);
    assert.equal(readFileSync(installed.socket, 'utf8'), 'precious');
    rmSync(installed.socket);
  });
});
