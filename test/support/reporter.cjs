// mocha's own summary is for people; a program that runs the tests wants one plain line.
const Mocha = require('mocha');

/** The spec reporter, followed by `N passed, N failed[, N skipped]` alone on the last line. */
module.exports = class PlainSummary extends Mocha.reporters.Spec {
  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    const skipped = pending > 0 ? `, ${pending} skipped` : '';
    process.stdout.write(`${passes} passed, ${failures} failed${skipped}\n`);
  }
};
