import { type Installation, install } from '../support/daemon.ts';
import { provoke } from '../support/fault-run.ts';
import { FAULTS } from '../support/faults.ts';

describe('eslogger fails in one of its ways:', function () {
  this.timeout(60_000);
  let installed: Installation;

  before(function () {
    installed = install(this);
  });
  after(() => installed?.remove());

  for (const fault of FAULTS) {
    it(`${fault.name}: it is told, and what can be seen again is`, async () => {
      const { faults } = await provoke(installed, fault);
      if (faults.length > 0) throw new Error(faults.join('\n'));
    });
  }
});
