import type { StoredAlert } from '../../store/index.ts';

/**
 * What an admin sees of a process: these keys and nothing else. Arguments, and what is made of them, are another user's
 * secrets as often as not.
 */
const PROCESS_KEYS = new Set([
  'pid',
  'entity_id',
  'executable',
  'name',
  'args_count',
  'start',
  'interactive',
  'tty',
  'real_user',
  'hash',
  'code_signature',
  'group_leader',
  'session_leader',
  'exit_code',
]);
/** Of the process that the alert is about, where it is the admin's own. */
const OWN_KEYS = new Set([...PROCESS_KEYS, 'args', 'command_line', 'working_directory']);
/** Of a process in the chain of parents. */
const LINK_KEYS = new Set(['entityId', 'pid', 'executable', 'argsCount', 'signingId', 'teamId', 'trusted']);
/** Of an alert's document beside `process` and `Events`; nothing here comes from arguments. */
const ALERT_KEYS = new Set([
  '@timestamp',
  'message',
  'ecs',
  'data_stream',
  'agent',
  'observer',
  'event',
  'rule',
  'threat',
  'host',
  'user',
  'group',
]);

type Json = Record<string, unknown>;

/** An alert as an admin who is not root may see it: without other users' arguments. */
export function withheld(alert: StoredAlert, uid: number): StoredAlert {
  const document = JSON.parse(alert.document) as Json;
  const own = isOwn(document, uid);
  const shown = {
    ...pick(document, ALERT_KEYS),
    process: processOf(document.process, own),
  };
  const detail = JSON.parse(alert.detail) as { ancestry?: readonly Json[]; rule?: unknown };
  const ancestry = (detail.ancestry ?? []).map((link) => ({ ...pick(link, LINK_KEYS), args: null }));
  return {
    ...alert,
    document: JSON.stringify(shown),
    detail: JSON.stringify({ rule: detail.rule, ancestry, withheld: true }),
    // What a person wrote about the alert may quote it.
    changes: alert.changes.map((change) => ({ ...change, comment: null })),
  };
}

/** Whether a document's process runs as this user, by its effective and its real id. */
function isOwn(document: Json, uid: number): boolean {
  const user = document.user as { id?: string; Ext?: { real?: { id?: string } } } | undefined;
  return user?.id === String(uid) && user.Ext?.real?.id === String(uid);
}

function processOf(value: unknown, own: boolean): Json {
  const process = value as Json;
  const { parent, previous } = process as { parent?: Json; previous?: Json };
  return {
    ...pick(process, own ? OWN_KEYS : PROCESS_KEYS),
    // The program that became the admin's own was another user's where it gave up its rights for it.
    ...(previous !== undefined && { previous: pick(previous, PROCESS_KEYS) }),
    ...(parent !== undefined && { parent: pick(parent, PROCESS_KEYS) }),
  };
}

function pick(value: Json, keys: ReadonlySet<string>): Json {
  return Object.fromEntries(Object.entries(value).filter(([key]) => keys.has(key)));
}
