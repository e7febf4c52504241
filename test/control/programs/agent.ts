/**
 * A control server in a process of its own, for tests that kill it or come as another user: tiny requests of every
 * kind. Usage: agent.ts PATH ADMIN_GID
 */
import { chmodSync, chownSync } from 'node:fs';
import * as v from 'valibot';
import { ControlServer, requestKind } from '../../../src/control/index.ts';

const [path = '', adminGid = ''] = process.argv.slice(2);
const nothing = v.strictObject({});
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

const server = new ControlServer(
  [
    requestKind('look', { role: 'admin', changes: false }, nothing, async (_asked, { peer, role }) => ({
      role,
      uid: peer.uid,
      pid: peer.pid,
    })),
    requestKind('change', { role: 'root', changes: true }, nothing, async () => 'changed'),
  ],
  { ownerUid: null, adminGid: Number(adminGid) },
  log,
);
await server.listenAt(path);
chownSync(path, 0, Number(adminGid));
chmodSync(path, 0o666);
process.stdout.write('ready\n');
