/** Everything that makes eslogger lines for tests: single messages, and streams with a coherent process tree. */
export * from './eslogger-events.ts';
export * from './eslogger-json.ts';
export * from './eslogger-message.ts';
