export { ControlClient } from './client.ts';
export { AgentRefusedError, AgentSilentError, ControlSocketError } from './errors.ts';
export type { Admission, Role } from './peer.ts';
export { DAEMON_SOCKET, MAX_SOCKET_PATH_BYTES, PROTOCOL_VERSION, SOCKET_NAME } from './protocol.ts';
export { type Call, type RequestKind, requestKind } from './request-kind.ts';
export { type ControlCounters, ControlServer } from './server.ts';
