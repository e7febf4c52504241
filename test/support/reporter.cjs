// mocha's own summary is for people; a program that runs the tests wants one plain line.
const Mocha = require('mocha');

/** The spec reporter, followed by `N passed, N failed` alone on the last line; `N skipped` stands on the line before. */
module.exports = class PlainSummary extends Mocha.reporters.Spec {
  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    if (pending > 0) process.stdout.write(`${pending} skipped\n`);
    process.stdout.write(`${passes} passed, ${failures} failed\n`);
  }
};
