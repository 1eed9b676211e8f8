-- What a counted attempt needs to be completed after a crash of PostgreSQL, or at the standby that takes over: its session
-- is in an unlogged table, which is empty then (ADR 64).
-- depends: 0066_values_that_succeeded

-- A copy of the session from the counting to the outcome; k2_box is sealed. SQLite keeps sessions, and has no rows here.
CREATE TABLE attempts_under_way (
  uid BYTEA PRIMARY KEY,
  epoch BIGINT NOT NULL,
  otp_hash BYTEA NOT NULL,
  rn_hash BYTEA NOT NULL,
  next_epoch BIGINT,
  items BYTEA NOT NULL,
  k2_box BYTEA NOT NULL,
  fb BYTEA NOT NULL,
  bound_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
