import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { EsloggerError, type EsloggerRun, startEslogger } from '../../src/agent/eslogger.ts';
import { Kind } from '../../src/tap/index.ts';
import { execLine } from '../support/eslogger-lines.ts';
import { temporaryFolder } from '../support/files.ts';
import { writeProgram } from '../support/program.ts';

const TAP = { transport: 'pty', pokeAfterMs: 250 } as const;

describe('eslogger below a pump', function () {
  this.timeout(30_000);
  const folder = temporaryFolder();
  let run: EsloggerRun;

  afterEach(() => run.close());

  const start = (source: string): EsloggerRun => {
    const lists = `if (process.argv[2] === '--list-events') { console.log('exec\\nfork\\nexit\\nopen'); process.exit(0); }`;
    run = startEslogger({ tap: TAP, program: writeProgram(folder.path('eslogger'), `${lists}\n${source}`) });
    return run;
  };

  /** Command lines of the events in the next batch, without control lines; null at the end. */
  async function events(): Promise<string[] | null> {
    const batch = await run.tap.next();
    if (batch === null) return null;
    const found: string[] = [];
    for (let index = 0; index < batch.length; index += 1) {
      const record = batch.at(index);
      if (record.kind !== Kind.control) found.push(record.commandLine);
    }
    return found;
  }

  /** Those of the first batch that has some; none where the tap ends without. */
  async function firstEvents(): Promise<string[]> {
    for (let found = await events(); found !== null; found = await events())
      if (found.length > 0) return found;
    return [];
  }

  it('is read while it runs, is asked for exec, fork and exit, and gets nothing of our environment', async () => {
    const line = JSON.stringify(execLine({ args: ['ls'] }));
    start(`
      require('fs').writeFileSync(${JSON.stringify(folder.path('seen'))}, JSON.stringify([process.argv.slice(2), process.env]));
      process.stdout.write(${line} + '\\n');
      setInterval(() => {}, 1000);`);
    assert.deepEqual(await firstEvents(), ['ls']);
    const [args, env] = JSON.parse(readFileSync(folder.path('seen'), 'utf8'));
    assert.deepEqual(args, ['exec', 'fork', 'exit']);
    assert.deepEqual(
      Object.keys(env).filter((name) => name !== '__CF_USER_TEXT_ENCODING'),
      ['PATH'],
    );
    await run.stop();
    assert.equal(await run.ended, null);
  });

  it('leads a process group of its own: eslogger hides the events of its group', async () => {
    start(`
      require('fs').writeFileSync(${JSON.stringify(folder.path('pid'))}, String(process.pid));
      process.stdout.write(${JSON.stringify(execLine())} + '\\n');
      setInterval(() => {}, 1000);`);
    await firstEvents();
    const pid = readFileSync(folder.path('pid'), 'utf8');
    const group = execFileSync('ps', ['-o', 'pgid=', '-p', pid], { encoding: 'utf8' });
    assert.equal(group.trim(), pid);
    await run.stop();
  });

  it('is read to the last line that it wrote before it was stopped', async () => {
    start(`
      process.on('SIGTERM', () => { process.stdout.write(${JSON.stringify(execLine({ args: ['last'] }))} + '\\n', () => process.exit(0)); });
      process.stdout.write(${JSON.stringify(execLine({ args: ['first'] }))} + '\\n');
      setInterval(() => {}, 1000);`);
    const seen = await firstEvents();
    await run.stop();
    for (let more = await events(); more !== null; more = await events()) seen.push(...more);
    assert.deepEqual(seen, ['first', 'last']);
  });

  it('is ended by SIGKILL where it ignores SIGTERM', async () => {
    start(
      `process.on('SIGTERM', () => {}); process.stdout.write(${JSON.stringify(execLine())} + '\\n'); setInterval(() => {}, 1000);`,
    );
    await firstEvents();
    const began = Date.now();
    await run.stop();
    assert.equal(await run.ended, null);
    assert.ok(Date.now() - began < 4_000);
  });

  const ends: [what: string, source: string, message: RegExp, remedy: RegExp][] = [
    [
      'without root',
      `console.error('Failed to create ES client: Not privileged … (ES_NEW_CLIENT_RESULT_ERR_NOT_PRIVILEGED)'); process.exit(1);`,
      /ended with code 1: Failed to create ES client/,
      /as root/,
    ],
    [
      'without Full Disk Access',
      `console.error('Failed to create ES client: (ES_NEW_CLIENT_RESULT_ERR_NOT_PERMITTED)'); process.exit(1);`,
      /NOT_PERMITTED/,
      /Full Disk Access/,
    ],
    [
      'where too many listen',
      `console.error('ES_NEW_CLIENT_RESULT_ERR_TOO_MANY_CLIENTS'); process.exit(1);`,
      /TOO_MANY/,
      /end other/,
    ],
    ['by a signal', `process.kill(process.pid, 'SIGABRT');`, /ended by signal 6/, /^$/],
  ];
  for (const [what, source, message, remedy] of ends) {
    it(`that ends ${what} ends the tap and says why in its own words`, async () => {
      start(source);
      assert.deepEqual(await firstEvents(), []);
      const error = await run.ended;
      assert.ok(error instanceof EsloggerError);
      assert.match(error.message, message);
      assert.match(error.remedy ?? '', remedy);
      await run.stop();
    });
  }

  it('that is not there is an error with a remedy', async () => {
    run = startEslogger({ tap: TAP, program: folder.path('none') });
    assert.deepEqual(await firstEvents(), []);
    assert.match((await run.ended)?.message ?? '', /refused to start: .*none: No such file/);
    await run.stop();
  });
});
