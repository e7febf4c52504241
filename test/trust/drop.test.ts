import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { DropError, dropToOwner } from '../../src/trust/index.ts';
import { temporaryFolder } from '../support/files.ts';
import { onlyRoot, STRANGER } from './refused.ts';

describe('dropping to the owner of a file', () => {
  const folder = temporaryFolder();
  const program = (file: string): string => `
    import { dropToOwner } from ${JSON.stringify(pathToFileURL('src/trust/index.ts').href)};
    dropToOwner(${JSON.stringify(file)});
    const regained = [];
    for (const [name, act] of Object.entries({
      setuid: () => process.setuid(0), seteuid: () => process.seteuid(0), setgid: () => process.setgid(0),
      setgroups: () => process.setgroups([0]) })) {
      try { act(); regained.push(name); } catch {}
    }
    console.log(JSON.stringify([process.getuid(), process.geteuid(), process.getgid(), process.getgroups(), regained]));`;
  const run = (file: string): unknown => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import=tsx', '--input-type=module', '-e', program(file)],
      {
        encoding: 'utf8',
      },
    );
    assert.equal(stderr, '');
    return JSON.parse(stdout);
  };

  it('leaves root nothing of its rights', function () {
    onlyRoot(this);
    const file = folder.write('file', '');
    chownSync(file, STRANGER, 23_456);
    assert.deepEqual(run(file), [STRANGER, STRANGER, 23_456, [23_456], []]);
  });

  it('does nothing where the file is root’s', function () {
    onlyRoot(this);
    const [uid] = run(folder.write('file', '')) as number[];
    assert.equal(uid, 0);
  });

  it('says so where there is no file', function () {
    onlyRoot(this);
    assert.throws(() => dropToOwner(folder.path('none')), DropError);
    assert.equal(process.geteuid?.(), 0);
  });
});
