export { type Activity, activityOf } from './activity.ts';
export {
  type Config,
  type ConfigPlaces,
  configPlaces,
  DEFAULT_CONFIG,
  type LoadedConfig,
  loadConfig,
  placeOf,
  readConfig,
} from './config.ts';
export { ConfigError } from './config-error.ts';
export { defaultFile, writtenValue } from './config-print.ts';
export { configWarnings } from './config-warnings.ts';
export { DocumentError, readDocuments } from './documents.ts';
export { type AskedException, addException, Exceptions, MAX_REASON, MAX_RULE_ID } from './exceptions.ts';
export { type Health, healthOf } from './health.ts';
export { createLog, LOG_LEVELS, type Log, type LogLevel } from './log.ts';
export { Pipeline, type PipelineCounters } from './pipeline.ts';
export { pumpProgram } from './pump-program.ts';
export { convertCapture, InterruptedError, replayCapture } from './replay.ts';
export type { AddedException, AgentStatus, GapSituation, Reloaded, TailItem } from './requests/index.ts';
export { gapSituation } from './requests/index.ts';
export { loadRules } from './rule-loading.ts';
export { runAgent } from './run.ts';
export type { RunOptions, RunResult } from './run-options.ts';
export type { RunCounters } from './run-record.ts';
export type { SelfTestResult } from './self-test.ts';
export {
  type Capture,
  canTap,
  captureSource,
  chooseSource,
  type Source,
  SourceError,
  sourceName,
} from './source.ts';
export { defaultStateDirectory } from './state-directory.ts';
export { VERSION } from './version.ts';
