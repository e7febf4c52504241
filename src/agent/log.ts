import { ecsFormat } from '@elastic/ecs-winston-format';
import { createLogger, format, type Logger, transports } from 'winston';

/** What the parts of the agent log to; winston's Logger is one. */
export interface Log {
  debug(message: string, fields?: object): unknown;
  info(message: string, fields?: object): unknown;
  warn(message: string, fields?: object): unknown;
  error(message: string, fields?: object): unknown;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const forPeople = format.printf(({ level, message, timestamp, ...fields }) => {
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [String(timestamp), level.padEnd(5), String(message), ...rest].join(' ');
});

/**
 * The agent's log, on stderr: ECS JSON lines for a shipper, plain lines for a person at a terminal.
 * Arguments and environment of processes are never logged.
 */
export function createLog(level: LogLevel, person: boolean): Logger {
  return createLogger({
    level,
    format: person ? format.combine(format.timestamp({ format: 'HH:mm:ss' }), forPeople) : ecsFormat(),
    transports: [new transports.Console({ stderrLevels: ['debug', 'info', 'warn', 'error'] })],
  });
}
