-- Logins by the PIN of the phone's own shield (docs/adr/0106-unlocking.md): what a token may sign before there is a login, and
-- nothing else. A table of its own, so that the release before this one never takes such a token for a login.
-- depends: 0085_archives

CREATE TABLE unlocks (
  token_hash BYTEA PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  device_id TEXT NOT NULL REFERENCES devices (id),
  uid BYTEA NOT NULL,
  sid BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  mark BYTEA NOT NULL
);

CREATE INDEX IF NOT EXISTS unlocks_by_device ON unlocks (device_id);
