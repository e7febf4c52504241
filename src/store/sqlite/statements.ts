/** The statements of the store. Lists of rows travel as one JSON parameter, so that each call is one statement. */

/**
 * ?1 the alerts as a JSON array of `NewAlert`, ?2 the time. Returns the ids that were new.
 * A row that meets ON CONFLICT uses up a number although it is not inserted. The WHERE keeps alerts that are
 * already stored from it, so that reading a capture again does not make the numbers jump.
 */
export const INSERT_ALERTS = `
INSERT INTO alerts (id, rule_id, rule_name, severity, risk_score, entity_id, time_ms, stored_ms, document, detail)
SELECT a.value ->> 'id', a.value ->> 'ruleId', a.value ->> 'ruleName', a.value ->> 'severity',
       a.value ->> 'riskScore', a.value ->> 'entityId', a.value ->> 'timeMs', ?2,
       a.value ->> 'document', a.value ->> 'detail'
  FROM json_each(?1) AS a
 WHERE NOT EXISTS (SELECT 1 FROM alerts WHERE id = a.value ->> 'id')
   AND NOT EXISTS (SELECT 1 FROM alerts WHERE rule_id = a.value ->> 'ruleId' AND entity_id = a.value ->> 'entityId')
 ORDER BY a.key
ON CONFLICT DO NOTHING
RETURNING id`;

const ALERT_COLUMNS = `
  number, id, rule_id AS ruleId, rule_name AS ruleName, severity, risk_score AS riskScore, entity_id AS entityId,
  time_ms AS timeMs, stored_ms AS storedMs, status, document, detail,
  (SELECT json_group_array(json_object('atMs', at_ms, 'status', c.status, 'comment', comment) ORDER BY c.number)
     FROM status_changes AS c WHERE c.alert = alerts.number) AS changes`;

/** ?1 status or null, ?2 earliest time or null, ?3 rule id or null, ?4 limit, ?5 and ?6 what it comes after. */
export const LIST_ALERTS = `
SELECT ${ALERT_COLUMNS} FROM alerts
 WHERE (?1 IS NULL OR status = ?1) AND time_ms >= coalesce(?2, -9007199254740991) AND (?3 IS NULL OR rule_id = ?3)
   AND (time_ms, number) < (?5, ?6)
 ORDER BY time_ms DESC, number DESC LIMIT ?4`;

/** ?1 id. */
export const ALERT_BY_ID = `SELECT ${ALERT_COLUMNS} FROM alerts WHERE id = ?1`;

/** ?1 number. */
export const ALERT_BY_NUMBER = `SELECT ${ALERT_COLUMNS} FROM alerts WHERE number = ?1`;

/** ?1 prefix, ?2 limit. U+10FFFF sorts after every other character, so the range is what begins with the prefix. */
export const ALERTS_BY_PREFIX = `
SELECT ${ALERT_COLUMNS} FROM alerts WHERE id >= ?1 AND id < ?1 || char(1114111) ORDER BY id LIMIT ?2`;

/** ?1 alert id, ?2 time, ?3 status, ?4 comment. A trigger sets the alert's status. */
export const INSERT_CHANGE = `
INSERT INTO status_changes (alert, at_ms, status, comment) SELECT number, ?2, ?3, ?4 FROM alerts WHERE id = ?1`;

/** ?1 name. A trigger makes the deliveries. */
export const INSERT_DESTINATION = 'INSERT INTO destinations (name) VALUES (?1) ON CONFLICT DO NOTHING';

/** ?1 name. */
export const DESTINATION_NUMBER = 'SELECT number FROM destinations WHERE name = ?1';

/** Where the numbers of deliveries of gap documents begin; the triggers of the schema have it too. */
const GAP_BASE = 2 ** 40;

/** ?1 destination's number, ?2 time, ?3 limit. */
export const DUE_DELIVERIES = `
SELECT d.number, coalesce(a.id, g.id) AS documentId, coalesce(a.document, g.document) AS document, d.attempts
  FROM deliveries AS d INDEXED BY deliveries_pending
  LEFT JOIN alerts AS a ON a.number = d.number
  LEFT JOIN gap_documents AS g ON g.number = d.number - ${GAP_BASE}
 WHERE d.destination = ?1 AND d.state = 'pending' AND d.next_attempt_ms <= ?2
 ORDER BY d.number LIMIT ?3`;

/** ?1 destination's number. */
export const NEXT_DUE = `
SELECT min(next_attempt_ms) AS next FROM deliveries WHERE destination = ?1 AND state = 'pending'`;

/**
 * ?1 destination's number, ?2 the outcomes as a JSON array of `DeliveryOutcome`.
 * The IN gives SQLite the primary key to go by; left to the join alone it walks everything the destination has,
 * once for each outcome (measured: 250 a second with 25,000 pending).
 */
export const SETTLE_DELIVERIES = `
WITH o AS MATERIALIZED (
  SELECT value ->> 'number' AS number, value ->> 'kind' AS kind, value ->> 'duplicate' AS duplicate,
         value ->> 'nextAttemptMs' AS next, value ->> 'error' AS error, value ->> 'atMs' AS at
    FROM json_each(?2))
UPDATE deliveries
   SET state = CASE o.kind WHEN 'retry' THEN 'pending' ELSE o.kind END,
       duplicate = coalesce(o.duplicate, 0),
       attempts = attempts + 1,
       next_attempt_ms = coalesce(o.next, next_attempt_ms),
       last_error = coalesce(o.error, last_error),
       last_attempt_ms = o.at
  FROM o
 WHERE deliveries.destination = ?1 AND deliveries.number IN (SELECT number FROM o)
   AND deliveries.number = o.number AND +deliveries.state = 'pending'`;

export const COUNT_ALERTS = 'SELECT status, count(*) AS count FROM alerts GROUP BY status';

export const COUNT_DELIVERIES = `
SELECT n.name, n.last_error AS lastError, n.last_error_ms AS lastErrorMs, n.last_delivered_ms AS lastDeliveredMs,
       count(*) FILTER (WHERE d.state = 'pending') AS pending,
       count(*) FILTER (WHERE d.state = 'delivered') AS delivered,
       count(*) FILTER (WHERE d.state = 'delivered' AND d.duplicate = 1) AS duplicates,
       count(*) FILTER (WHERE d.state = 'refused') AS refused,
       (SELECT min(stored_ms) FROM (
         SELECT a.stored_ms FROM alerts AS a WHERE a.number =
           (SELECT min(p.number) FROM deliveries AS p WHERE p.destination = n.number AND p.state = 'pending')
         UNION ALL
         SELECT g.stored_ms FROM gap_documents AS g WHERE g.number + ${GAP_BASE} =
           (SELECT min(p.number) FROM deliveries AS p
             WHERE p.destination = n.number AND p.state = 'pending' AND p.number > ${GAP_BASE})))
         AS oldestPendingMs
  FROM destinations AS n LEFT JOIN deliveries AS d ON d.destination = n.number
 GROUP BY n.number ORDER BY n.name`;

/** ?1 key. */
export const GET_META = 'SELECT value FROM meta WHERE key = ?1';

/** ?1 key, ?2 value. */
export const SET_META = `
INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`;

/** ?1 source, ?2 pid, ?3 start. */
export const INSERT_RUN = 'INSERT INTO runs (source, pid, started_ms, heartbeat_ms) VALUES (?1, ?2, ?3, ?3)';

/** ?1 number, ?2 heartbeat, ?3 end or null, ?4 counters. */
export const UPDATE_RUN = `
UPDATE runs SET heartbeat_ms = ?2, ended_ms = coalesce(?3, ended_ms), counters = ?4 WHERE number = ?1`;

export const LAST_RUN = `
SELECT number AS run, source, pid, started_ms AS startedMs, heartbeat_ms AS heartbeatMs, ended_ms AS endedMs, counters
  FROM runs ORDER BY number DESC LIMIT 1`;

const EXCEPTION_COLUMNS = `
  number, id, rule_id AS ruleId, condition AS "where", reason, created_ms AS createdMs, created_by AS createdBy,
  expires_ms AS expiresMs, removed_ms AS removedMs, removed_by AS removedBy, hits, last_hit_ms AS lastHitMs`;

/** ?1 1 for those too that do not stand any more. */
export const LIST_EXCEPTIONS = `
SELECT ${EXCEPTION_COLUMNS} FROM exceptions WHERE ?1 = 1 OR removed_ms IS NULL ORDER BY number`;

/** ?1 id. */
export const STANDING_EXCEPTION = `
SELECT ${EXCEPTION_COLUMNS} FROM exceptions WHERE id = ?1 AND removed_ms IS NULL`;

/**
 * ?1 id, ?2 rule or null, ?3 condition, ?4 reason, ?5 time, ?6 user id, ?7 expiry or null, ?8 how many may stand.
 * Nothing where one stands that says the same, or where too many others stand. A trigger ends the one it replaces.
 */
export const INSERT_EXCEPTION = `
INSERT INTO exceptions (id, rule_id, condition, reason, created_ms, created_by, expires_ms)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
 WHERE NOT EXISTS (SELECT 1 FROM exceptions
                    WHERE id = ?1 AND removed_ms IS NULL AND reason = ?4 AND expires_ms IS ?7)
   AND (SELECT count(*) FROM exceptions WHERE removed_ms IS NULL AND id <> ?1) < ?8`;

/** ?1 id, ?2 time, ?3 user id. */
export const REMOVE_EXCEPTION = `
UPDATE exceptions SET removed_ms = ?2, removed_by = ?3 WHERE id = ?1 AND removed_ms IS NULL
RETURNING ${EXCEPTION_COLUMNS}`;

/** ?1 a JSON array of `ExceptionHits`, each number once. */
export const COUNT_EXCEPTION_HITS = `
UPDATE exceptions
   SET hits = exceptions.hits + (h.value ->> 'hits'),
       last_hit_ms = max(coalesce(last_hit_ms, h.value ->> 'lastHitMs'), h.value ->> 'lastHitMs')
  FROM json_each(?1) AS h WHERE exceptions.number = h.value ->> 'number'`;

/** ?1 the gaps as a JSON array of `SavedGap`, ?2 the time. A trigger makes rows of them. */
export const SAVE_GAPS = `
INSERT INTO saved_gaps (id, cause, from_ms, last_ms, to_ms, lost, exact, detail, lost_by_type, saved_ms, documents)
SELECT g.value ->> 'id', g.value ->> 'cause', g.value ->> 'fromMs', g.value ->> 'lastMs', g.value ->> 'toMs',
       g.value ->> 'lost', g.value ->> 'exact', g.value ->> 'detail', g.value -> 'lostByType', ?2,
       g.value -> 'documents'
  FROM json_each(?1) AS g ORDER BY g.key`;

/** ?1 earliest time or null, ?2 1 for open ones only, ?3 limit. */
export const LIST_GAPS = `
SELECT number, id, cause, from_ms AS fromMs, last_ms AS lastMs, to_ms AS toMs, lost, exact, detail,
       lost_by_type AS lostByType
  FROM gaps WHERE (to_ms IS NULL OR to_ms >= coalesce(?1, -9007199254740991)) AND (?2 = 0 OR to_ms IS NULL)
 ORDER BY from_ms DESC, number DESC LIMIT ?3`;

/** ?1 a time. Numbers are given without a break: what is missing below the highest was forgotten. */
export const COUNT_GAPS = `
SELECT count(*) AS total, count(*) FILTER (WHERE to_ms IS NULL) AS open,
       count(*) FILTER (WHERE to_ms IS NULL OR to_ms >= ?1) AS recent,
       coalesce(sum(lost) FILTER (WHERE to_ms IS NULL OR to_ms >= ?1), 0) AS recentLost,
       coalesce(max(number), 0) - count(*) AS forgotten
  FROM gaps`;
