import assert from 'node:assert/strict';
import { UntrustedPathError } from '../../src/trust/index.ts';

/** A user that is neither root nor the one who runs the tests. */
export const STRANGER = 12_345;

export function onlyRoot(context: Mocha.Context): void {
  if (process.geteuid?.() === 0) return;
  console.log('      skipped: only root can give files away');
  context.skip();
}

export function refused(act: () => unknown, message: RegExp): UntrustedPathError {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof UntrustedPathError, String(error));
    assert.match(error.message, message);
    return error;
  }
  assert.fail('it should have been refused');
}
