/**
 * The schema, as the steps that lead to it. A step that was released is never edited: a change is a new step.
 * `user_version` holds the number of steps that a database has seen.
 */
import { StoreDamagedError, StoreTooNewError } from '../errors.ts';
import type { Connection } from './connection.ts';

/** "EXTP" in ASCII, in the file's header: tells our database from any other (https://www.sqlite.org/fileformat.html). */
export const APPLICATION_ID = 0x45585450;

const FIRST_SCHEMA = `
CREATE TABLE alerts (
  number     INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT NOT NULL UNIQUE CHECK (id <> ''),
  rule_id    TEXT NOT NULL CHECK (rule_id <> ''),
  rule_name  TEXT NOT NULL,
  severity   TEXT NOT NULL,
  risk_score REAL NOT NULL,
  entity_id  TEXT NOT NULL CHECK (entity_id <> ''),
  time_ms    INTEGER NOT NULL,
  stored_ms  INTEGER NOT NULL,
  status     TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'acknowledged', 'closed')),
  document   TEXT NOT NULL CHECK (json_valid(document)),
  detail     TEXT NOT NULL CHECK (json_valid(detail)),
  UNIQUE (rule_id, entity_id)
) STRICT;
CREATE INDEX alerts_by_time ON alerts (time_ms, number);

CREATE TABLE status_changes (
  number  INTEGER PRIMARY KEY AUTOINCREMENT,
  alert   INTEGER NOT NULL REFERENCES alerts (number) ON DELETE CASCADE,
  at_ms   INTEGER NOT NULL,
  status  TEXT NOT NULL,
  comment TEXT
) STRICT;
CREATE INDEX status_changes_by_alert ON status_changes (alert, number);

CREATE TABLE destinations (
  number            INTEGER PRIMARY KEY AUTOINCREMENT,
  name              TEXT NOT NULL UNIQUE CHECK (name <> ''),
  last_error        TEXT,
  last_error_ms     INTEGER,
  last_delivered_ms INTEGER
) STRICT;

CREATE TABLE deliveries (
  destination     INTEGER NOT NULL REFERENCES destinations (number) ON DELETE CASCADE,
  alert           INTEGER NOT NULL REFERENCES alerts (number) ON DELETE CASCADE,
  state           TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'refused')),
  duplicate       INTEGER NOT NULL DEFAULT 0 CHECK (duplicate IN (0, 1)),
  attempts        INTEGER NOT NULL DEFAULT 0,
  next_attempt_ms INTEGER NOT NULL DEFAULT 0,
  last_error      TEXT,
  last_attempt_ms INTEGER,
  PRIMARY KEY (destination, alert)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_pending ON deliveries (destination, alert) WHERE state = 'pending';
CREATE INDEX deliveries_due ON deliveries (destination, next_attempt_ms) WHERE state = 'pending';
CREATE INDEX deliveries_by_alert ON deliveries (alert);

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  source       TEXT NOT NULL,
  pid          INTEGER NOT NULL,
  started_ms   INTEGER NOT NULL,
  heartbeat_ms INTEGER NOT NULL,
  ended_ms     INTEGER,
  counters     TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(counters))
) STRICT;

-- Triggers belong to the statement that fires them: a crash can never part an alert from its deliveries,
-- a status from its history or a delivery from what its destination last said.
CREATE TRIGGER alert_to_destinations AFTER INSERT ON alerts BEGIN
  INSERT INTO deliveries (destination, alert) SELECT number, new.number FROM destinations;
END;
CREATE TRIGGER destination_to_alerts AFTER INSERT ON destinations BEGIN
  INSERT INTO deliveries (destination, alert) SELECT new.number, number FROM alerts;
END;
CREATE TRIGGER change_to_status AFTER INSERT ON status_changes BEGIN
  UPDATE alerts SET status = new.status WHERE number = new.alert;
END;
CREATE TRIGGER delivery_error AFTER UPDATE OF last_error ON deliveries
 WHEN new.state <> 'delivered' AND new.last_error IS NOT NULL BEGIN
  UPDATE destinations SET last_error = new.last_error, last_error_ms = new.last_attempt_ms
   WHERE number = new.destination;
END;
CREATE TRIGGER delivery_done AFTER UPDATE OF state ON deliveries WHEN new.state = 'delivered' BEGIN
  UPDATE destinations SET last_delivered_ms = max(coalesce(last_delivered_ms, 0), new.last_attempt_ms)
   WHERE number = new.destination;
END;
`;

const EXCEPTIONS = `
CREATE TABLE exceptions (
  number      INTEGER PRIMARY KEY AUTOINCREMENT,
  id          TEXT NOT NULL CHECK (id <> ''),
  rule_id     TEXT CHECK (rule_id <> ''),
  condition   TEXT NOT NULL CHECK (condition <> ''),
  reason      TEXT NOT NULL,
  created_ms  INTEGER NOT NULL,
  created_by  INTEGER NOT NULL,
  expires_ms  INTEGER,
  removed_ms  INTEGER,
  removed_by  INTEGER,
  hits        INTEGER NOT NULL DEFAULT 0,
  last_hit_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX exceptions_standing ON exceptions (id) WHERE removed_ms IS NULL;

-- The same exception with another reason or end: the former is kept with the time of its end, and nothing is written over.
CREATE TRIGGER exception_renewed BEFORE INSERT ON exceptions BEGIN
  UPDATE exceptions SET removed_ms = new.created_ms, removed_by = new.created_by
   WHERE id = new.id AND removed_ms IS NULL;
END;
`;

/**
 * Deliveries of gap documents stand behind those of alerts in the same queue: their numbers begin at 2^40, which no
 * alert's number reaches. So a round is settled by one statement, and a backlog of gaps delays no alert.
 */
const GAPS = `
CREATE TABLE gaps (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  id           TEXT NOT NULL UNIQUE CHECK (id <> ''),
  cause        TEXT NOT NULL CHECK (cause <> ''),
  from_ms      INTEGER NOT NULL,
  last_ms      INTEGER NOT NULL,
  to_ms        INTEGER,
  lost         INTEGER CHECK (lost >= 0),
  exact        INTEGER NOT NULL CHECK (exact IN (0, 1)),
  detail       TEXT,
  lost_by_type TEXT CHECK (json_valid(lost_by_type))
) STRICT;
CREATE INDEX gaps_by_start ON gaps (from_ms, number);
CREATE INDEX gaps_open ON gaps (number) WHERE to_ms IS NULL;

CREATE TABLE gap_documents (
  number    INTEGER PRIMARY KEY AUTOINCREMENT,
  gap       INTEGER NOT NULL REFERENCES gaps (number) ON DELETE CASCADE,
  id        TEXT NOT NULL UNIQUE CHECK (id <> ''),
  stored_ms INTEGER NOT NULL,
  document  TEXT NOT NULL CHECK (json_valid(document))
) STRICT;
CREATE INDEX gap_documents_by_gap ON gap_documents (gap);

-- A delivery's number is an alert's, or that of a gap's document and 2^40.
CREATE TABLE new_deliveries (
  destination     INTEGER NOT NULL REFERENCES destinations (number) ON DELETE CASCADE,
  number          INTEGER NOT NULL,
  state           TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'refused')),
  duplicate       INTEGER NOT NULL DEFAULT 0 CHECK (duplicate IN (0, 1)),
  attempts        INTEGER NOT NULL DEFAULT 0,
  next_attempt_ms INTEGER NOT NULL DEFAULT 0,
  last_error      TEXT,
  last_attempt_ms INTEGER,
  PRIMARY KEY (destination, number)
) STRICT, WITHOUT ROWID;
INSERT INTO new_deliveries
  SELECT destination, alert, state, duplicate, attempts, next_attempt_ms, last_error, last_attempt_ms FROM deliveries;
DROP TRIGGER alert_to_destinations;
DROP TRIGGER destination_to_alerts;
DROP TABLE deliveries;
ALTER TABLE new_deliveries RENAME TO deliveries;
CREATE INDEX deliveries_pending ON deliveries (destination, number) WHERE state = 'pending';
CREATE INDEX deliveries_due ON deliveries (destination, next_attempt_ms) WHERE state = 'pending';
CREATE INDEX deliveries_by_number ON deliveries (number);

CREATE TRIGGER alert_to_destinations AFTER INSERT ON alerts BEGIN
  INSERT INTO deliveries (destination, number) SELECT number, new.number FROM destinations;
END;
CREATE TRIGGER gap_document_to_destinations AFTER INSERT ON gap_documents BEGIN
  INSERT INTO deliveries (destination, number) SELECT number, new.number + 1099511627776 FROM destinations;
END;
CREATE TRIGGER destination_to_documents AFTER INSERT ON destinations BEGIN
  INSERT INTO deliveries (destination, number) SELECT new.number, number FROM alerts;
  INSERT INTO deliveries (destination, number) SELECT new.number, number + 1099511627776 FROM gap_documents;
END;
CREATE TRIGGER alert_gone AFTER DELETE ON alerts BEGIN
  DELETE FROM deliveries WHERE number = old.number;
END;
CREATE TRIGGER gap_document_gone AFTER DELETE ON gap_documents BEGIN
  DELETE FROM deliveries WHERE number = old.number + 1099511627776;
END;
CREATE TRIGGER delivery_error AFTER UPDATE OF last_error ON deliveries
 WHEN new.state <> 'delivered' AND new.last_error IS NOT NULL BEGIN
  UPDATE destinations SET last_error = new.last_error, last_error_ms = new.last_attempt_ms
   WHERE number = new.destination;
END;
CREATE TRIGGER delivery_done AFTER UPDATE OF state ON deliveries WHEN new.state = 'delivered' BEGIN
  UPDATE destinations SET last_delivered_ms = max(coalesce(last_delivered_ms, 0), new.last_attempt_ms)
   WHERE number = new.destination;
END;

-- What is inserted here becomes rows of gaps and gap_documents: one statement, so a crash parts no gap from its documents.
CREATE VIEW saved_gaps AS
  SELECT id, cause, from_ms, last_ms, to_ms, lost, exact, detail, lost_by_type, 0 AS saved_ms, '[]' AS documents FROM gaps;
CREATE TRIGGER gap_saved INSTEAD OF INSERT ON saved_gaps BEGIN
  UPDATE gaps SET last_ms = new.last_ms, to_ms = new.to_ms, lost = new.lost, exact = new.exact, detail = new.detail,
                  lost_by_type = new.lost_by_type
   WHERE id = new.id AND to_ms IS NULL;
  INSERT INTO gaps (id, cause, from_ms, last_ms, to_ms, lost, exact, detail, lost_by_type)
    SELECT new.id, new.cause, new.from_ms, new.last_ms, new.to_ms, new.lost, new.exact, new.detail, new.lost_by_type
     WHERE NOT EXISTS (SELECT 1 FROM gaps WHERE id = new.id);
  INSERT INTO gap_documents (gap, id, stored_ms, document)
    SELECT g.number, d.value ->> 'id', new.saved_ms, d.value ->> 'document'
      FROM json_each(new.documents) AS d JOIN gaps AS g ON g.id = new.id
     WHERE NOT EXISTS (SELECT 1 FROM gap_documents WHERE id = d.value ->> 'id')
     ORDER BY d.key;
END;
-- MAX_GAPS.
CREATE TRIGGER gaps_bounded AFTER INSERT ON gaps BEGIN
  DELETE FROM gaps WHERE number <= new.number - 10000;
END;
`;

const STEPS: readonly string[] = [FIRST_SCHEMA, EXCEPTIONS, GAPS];

/** The schema this program reads and writes. */
export const SCHEMA_VERSION = STEPS.length;

/**
 * How many steps the database has seen: 0 is an empty one. Reads only.
 * @throws {StoreTooNewError} written by a newer program.
 * @throws {StoreDamagedError} an SQLite database, but of some other program.
 */
export async function schemaVersionOf(connection: Connection, path: string): Promise<number> {
  const [row] = await connection.all<{ version: number; application: number; tables: number }>(
    `SELECT (SELECT user_version FROM pragma_user_version) AS version,
            (SELECT application_id FROM pragma_application_id) AS application,
            (SELECT count(*) FROM sqlite_schema) AS tables`,
  );
  const { version, application, tables } = row!;
  if (application !== APPLICATION_ID && (application !== 0 || version !== 0 || tables !== 0)) {
    throw new StoreDamagedError(`${path} is a database of another program.`, {
      remedy: 'Give exectap a directory of its own.',
    });
  }
  if (version > SCHEMA_VERSION) {
    throw new StoreTooNewError(
      `${path} has schema version ${version}; this exectap knows versions up to ${SCHEMA_VERSION}.`,
      { remedy: 'Run the newer exectap that wrote it, or give this one another directory.' },
    );
  }
  return version;
}

/** Brings the database to `SCHEMA_VERSION`, each step whole or not at all. @param target a lower one, as older programs made it */
export async function migrate(connection: Connection, path: string, target = SCHEMA_VERSION): Promise<void> {
  while ((await schemaVersionOf(connection, path)) < target) {
    // IMMEDIATE takes the write lock before the version is read again, so that two processes cannot take the same step.
    await connection.exec('BEGIN IMMEDIATE');
    try {
      const version = await schemaVersionOf(connection, path);
      const step = STEPS[version];
      if (step !== undefined) {
        await connection.exec(
          `${step}; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version + 1};`,
        );
      }
      await connection.exec('COMMIT');
    } catch (failure) {
      await connection.exec('ROLLBACK');
      throw failure;
    }
  }
}
