import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { configurationPage } from '../../scripts/docs/configuration-page.ts';
import { readSource } from '../../src/agent/config-source.ts';
import { parseYaml } from '../../src/agent/config-yaml.ts';

describe('docs/configuration.md', () => {
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

  it('is what the table of keys makes it; npm run docs:config writes it anew', () =>
    assert.equal(page, configurationPage()));

  it('has examples that are right', () => {
    const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map((match) => match[1]!);
    assert.ok(examples.length >= 15);
    for (const example of examples) {
      const { settings, faults } = readSource(parseYaml('example', example).root, '/');
      assert.deepEqual([faults, settings.length], [[], 1], JSON.stringify(parse(example)));
    }
  });
});
