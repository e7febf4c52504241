/**
 * Puts the addon that was built here into the npm package of this platform, where src/native/addon.ts looks first:
 * exectap-<platform>, named and laid out by @napi-rs/cli. The other platforms' packages are made on their machines.
 *
 * Usage: npm run package:addon [-- FOLDER]        (default: build/addon)
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = resolve(process.argv[2] ?? join(root, 'build', 'addon'));
const napi = join(dirname(createRequire(import.meta.url).resolve('@napi-rs/cli')), 'cli.js');

interface PlatformManifest {
  readonly name: string;
  readonly main: string;
  readonly os: readonly string[];
  readonly cpu: readonly string[];
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
// The tool writes only inside the project that it is pointed at.
copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
execFileSync(process.execPath, [napi, 'create-npm-dirs', '--cwd', folder, '--npm-dir', 'npm'], {
  stdio: 'pipe',
});

let made = false;
for (const platform of readdirSync(join(folder, 'npm'))) {
  const place = join(folder, 'npm', platform);
  const manifest = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as PlatformManifest;
  if (manifest.os.includes(process.platform) && manifest.cpu.includes(process.arch)) {
    copyFileSync(join(root, 'native', 'build', 'Release', 'exectap.node'), join(place, manifest.main));
    process.stdout.write(`${manifest.name}: ${place}\n`);
    made = true;
  } else {
    rmSync(place, { recursive: true });
  }
}
if (!made) {
  process.stderr.write(`package.json has no napi target for ${process.platform} ${process.arch}\n`);
  process.exitCode = 1;
}
