import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAddon } from '../../src/native/addon.ts';
import { temporaryFolder } from '../support/files.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/package-addon.ts', import.meta.url));

describe('the npm package of the addon for this platform', () => {
  const folder = temporaryFolder();

  it('is found by the loader where no addon was built', () => {
    execFileSync(process.execPath, ['--import=tsx', SCRIPT, folder.path('out')], { stdio: 'pipe' });
    const [platform, ...others] = readdirSync(folder.path('out/npm'));
    assert.deepEqual(others, []);
    const made = folder.path(`out/npm/${platform}`);
    const { name } = JSON.parse(readFileSync(join(made, 'package.json'), 'utf8'));
    writeFileSync(folder.path('package.json'), '{}');
    assert.throws(() => loadAddon({ root: folder.path() }), /tried .*exectap-/);
    cpSync(made, folder.path(`node_modules/${name}`), { recursive: true });
    assert.equal(typeof loadAddon({ root: folder.path() }).NativeTap, 'function');
  });
});
