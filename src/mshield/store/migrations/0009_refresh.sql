-- Refresh of shares and PIN change (protocol, "PIN change and refresh"), and the restore that must be declared.
-- depends: 0003_certificate_life

-- pending_changes_pin: the pending epoch came from a refresh task, so its PIN is a new one. since_refresh counts the
-- signatures of the share in force. otp_open: after a declared restore any one-time value passes until a success.
ALTER TABLE keys ADD COLUMN pending_changes_pin BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE keys ADD COLUMN since_refresh INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN otp_open BOOLEAN NOT NULL DEFAULT FALSE;

-- One row: grows while the service works, and is mirrored outside of the database, so that an older copy is noticed.
-- name is random, made at the first start: a copy has its original's.
CREATE TABLE high_water (
  id INTEGER PRIMARY KEY,
  name TEXT,
  mark BIGINT NOT NULL,
  marked_at BIGINT NOT NULL
);
CREATE INDEX tasks_internal ON tasks (uid) WHERE request_id IS NULL;
INSERT INTO high_water (id, mark, marked_at) VALUES (1, 0, 0);
