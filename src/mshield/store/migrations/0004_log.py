"""The transparency log: places of the rows that it is made of, its state, tiles and entry bundles.

A row stands in the log once `log_index` is set; the partial indexes hold only those that wait. Certificates from before
there were events get one that says how they stood when the log began.
"""

from typing import Any

from yoyo import step

__depends__ = {"0003_certificate_life"}

_STATEMENTS = """
ALTER TABLE signatures ADD COLUMN log_index BIGINT;
CREATE INDEX signatures_unlogged ON signatures (signed_at, sid) WHERE log_index IS NULL;
CREATE UNIQUE INDEX signatures_logged ON signatures (log_index) WHERE log_index IS NOT NULL;
CREATE UNIQUE INDEX certificate_events_logged ON certificate_events (log_index) WHERE log_index IS NOT NULL;
CREATE UNIQUE INDEX acts_logged ON acts (log_index) WHERE log_index IS NOT NULL;

ALTER TABLE certificate_events ADD COLUMN revocation_reason INTEGER;
INSERT INTO certificate_events
  (id, serial, event, actor, reason, state, holds, revocation_reason, at)
SELECT 'from-before-' || serial, serial, 'activate', 'service', '', state, holds, revocation_reason, changed_at
FROM certificates
WHERE der IS NOT NULL AND serial NOT IN (SELECT serial FROM certificate_events);

CREATE TABLE log_state (
  id INTEGER PRIMARY KEY,
  origin TEXT NOT NULL,
  size BIGINT NOT NULL,
  checkpoint TEXT NOT NULL,
  changed_at BIGINT NOT NULL
);

CREATE TABLE log_tiles (
  level INTEGER NOT NULL,
  number BIGINT NOT NULL,
  width INTEGER NOT NULL,
  hashes BYTEA NOT NULL,
  PRIMARY KEY (level, number)
);
CREATE INDEX log_tiles_partial ON log_tiles (level) WHERE width < 256;

CREATE TABLE log_bundles (
  number BIGINT PRIMARY KEY,
  width INTEGER NOT NULL,
  entries BYTEA NOT NULL
);
"""


def _apply(connection: Any) -> None:
    cursor = connection.cursor()
    for statement in _STATEMENTS.split(";"):
        if statement.strip():
            cursor.execute(statement)


steps = [step(_apply)]
