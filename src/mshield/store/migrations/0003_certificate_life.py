"""Certificates by the request that they were made from, each change of a certificate, and administrators' acts.

A key may have several certificates in its life (renewal under the same key): `keys.certificate` names the one in
force, and a signature names the one that it was made under. SQLite can't drop a constraint, so the table is made anew.
"""

from typing import Any

from yoyo import step

__depends__ = {"0002_unlogged_sessions"}

_COLUMNS = (
    "serial, uid, account_id, device_id, person_id, filing_version, shield_number, organisation, credit_code, role,"
    " common_name, der, state, holds, not_before, not_after, issued_at, changed_at, revoked_at, revocation_reason"
)

_REMADE = f"""
CREATE TABLE certificates_by_request (
  serial TEXT PRIMARY KEY,
  uid BYTEA NOT NULL REFERENCES keys (uid),
  request_sid BYTEA NOT NULL UNIQUE,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  device_id TEXT NOT NULL REFERENCES devices (id),
  person_id TEXT NOT NULL REFERENCES filed_persons (id),
  filing_version BIGINT NOT NULL,
  shield_number TEXT NOT NULL,
  organisation TEXT NOT NULL,
  credit_code TEXT NOT NULL,
  role TEXT NOT NULL,
  common_name TEXT NOT NULL,
  der BYTEA,
  state TEXT NOT NULL,
  holds TEXT NOT NULL,
  not_before BIGINT NOT NULL,
  not_after BIGINT NOT NULL,
  issued_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  revoked_at BIGINT,
  revocation_reason INTEGER
);
INSERT INTO certificates_by_request ({_COLUMNS}, request_sid)
SELECT {", ".join("c." + name for name in _COLUMNS.split(", "))}, k.enrol_sid
FROM certificates c JOIN keys k ON k.uid = c.uid;
DROP TABLE certificates;
ALTER TABLE certificates_by_request RENAME TO certificates;
CREATE INDEX certificates_device ON certificates (device_id);
CREATE INDEX certificates_account ON certificates (account_id);
CREATE INDEX certificates_off ON certificates (not_after)
  WHERE (state IN ('revoked', 'superseded') OR holds <> '') AND der IS NOT NULL;
"""  # noqa: S608  # only this file's own names

_ALTERED = """
ALTER TABLE certificates ADD COLUMN request_sid BYTEA;
UPDATE certificates SET request_sid = keys.enrol_sid FROM keys WHERE keys.uid = certificates.uid;
ALTER TABLE certificates ALTER COLUMN request_sid SET NOT NULL;
ALTER TABLE certificates ADD UNIQUE (request_sid);
ALTER TABLE certificates DROP CONSTRAINT certificates_uid_key;
"""

_COMMON = """
CREATE INDEX certificates_uid ON certificates (uid);

ALTER TABLE keys ADD COLUMN certificate TEXT REFERENCES certificates (serial);
UPDATE keys SET certificate = (SELECT serial FROM certificates WHERE certificates.uid = keys.uid);

ALTER TABLE signatures ADD COLUMN serial TEXT REFERENCES certificates (serial);
UPDATE signatures SET serial = (SELECT certificate FROM keys WHERE keys.uid = signatures.uid)
  WHERE purpose <> 'enrol';

CREATE TABLE certificate_events (
  id TEXT PRIMARY KEY,
  serial TEXT NOT NULL REFERENCES certificates (serial),
  event TEXT NOT NULL,
  actor TEXT NOT NULL,
  actor_id TEXT,
  reason TEXT NOT NULL,
  state TEXT NOT NULL,
  holds TEXT NOT NULL,
  at BIGINT NOT NULL,
  notified_at BIGINT,
  log_index BIGINT
);
CREATE INDEX certificate_events_serial ON certificate_events (serial);
CREATE INDEX certificate_events_unnotified ON certificate_events (at) WHERE notified_at IS NULL;
CREATE INDEX certificate_events_unlogged ON certificate_events (id) WHERE log_index IS NULL;

CREATE TABLE acts (
  id TEXT PRIMARY KEY,
  actor TEXT NOT NULL,
  actor_id TEXT,
  act TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT NOT NULL,
  at BIGINT NOT NULL,
  log_index BIGINT
);
CREATE INDEX acts_subject ON acts (subject);
CREATE INDEX acts_unlogged ON acts (id) WHERE log_index IS NULL;
"""


def _apply(connection: Any) -> None:
    postgresql = type(connection).__module__.startswith("psycopg")
    cursor = connection.cursor()
    for statement in ((_ALTERED if postgresql else _REMADE) + _COMMON).split(";"):
        if statement.strip():
            cursor.execute(statement)


steps = [step(_apply)]
