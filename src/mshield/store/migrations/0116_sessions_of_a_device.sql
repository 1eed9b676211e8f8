-- Each login on a phone ends those before on the same installation. Without an index by device that read all sessions:
-- with a million of them 120 to 270 ms of PostgreSQL, in the login's transaction.
-- depends: 0114_found_by_subject

CREATE INDEX IF NOT EXISTS phone_sessions_device ON phone_sessions (device_id) WHERE ended_at IS NULL;
