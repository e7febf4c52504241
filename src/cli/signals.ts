/** The first SIGINT or SIGTERM asks for an end in order; a second one, of either kind, does not wait for it. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // What was reported as stored is on disk; what was not, was not reported.
      if (controller.signal.aborted) process.exit(1);
      controller.abort();
    });
  }
  return controller.signal;
}
