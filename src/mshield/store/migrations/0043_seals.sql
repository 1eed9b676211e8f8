-- Rows that carry authority get a keyed seal; `mshield migrate` seals those that are there.
-- depends: 0042_identity

ALTER TABLE accounts ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN seal BYTEA;
ALTER TABLE enterprises ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE enterprises ADD COLUMN seal BYTEA;
ALTER TABLE filed_persons ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE filed_persons ADD COLUMN seal BYTEA;
ALTER TABLE identity_proofs ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE identity_proofs ADD COLUMN seal BYTEA;
ALTER TABLE identity_codes ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE identity_codes ADD COLUMN seal BYTEA;
ALTER TABLE portal_sessions ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE portal_sessions ADD COLUMN seal BYTEA;
ALTER TABLE staff ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE staff ADD COLUMN seal BYTEA;
ALTER TABLE staff_sessions ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE staff_sessions ADD COLUMN seal BYTEA;
ALTER TABLE staff_factors ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE staff_factors ADD COLUMN seal BYTEA;
ALTER TABLE staff_set_ups ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE staff_set_ups ADD COLUMN seal BYTEA;
ALTER TABLE staff_ceremonies ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE staff_ceremonies ADD COLUMN seal BYTEA;
ALTER TABLE approvals ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE approvals ADD COLUMN seal BYTEA;
ALTER TABLE business_systems ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE business_systems ADD COLUMN seal BYTEA;
ALTER TABLE oidc_clients ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE oidc_clients ADD COLUMN seal BYTEA;
ALTER TABLE keys ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN seal BYTEA;
ALTER TABLE renewals ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE renewals ADD COLUMN seal BYTEA;

-- What a person was asked to sign, and by whom: sealed when it is asked, and never changed.
ALTER TABLE requests ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN seal BYTEA;
ALTER TABLE tasks ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN seal BYTEA;

-- key_version: how often the key's counters had been changed when it had signed (keys.seal_version).
ALTER TABLE signatures ADD COLUMN key_version BIGINT;
ALTER TABLE signatures ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE signatures ADD COLUMN seal BYTEA;

-- Each change of a sealed row that enters the log: `row_key` is its key, bytes in hex.
CREATE TABLE sealed_changes (
  id TEXT PRIMARY KEY,
  place TEXT NOT NULL,
  row_key TEXT NOT NULL,
  version BIGINT NOT NULL,
  seal BYTEA NOT NULL,
  at BIGINT NOT NULL,
  log_index BIGINT
);

CREATE INDEX sealed_changes_row ON sealed_changes (place, row_key, version);

CREATE INDEX sealed_changes_unlogged ON sealed_changes (id) WHERE log_index IS NULL;

CREATE UNIQUE INDEX sealed_changes_logged ON sealed_changes (log_index) WHERE log_index IS NOT NULL;
