-- People at the console: password and second factors, first access, a login's second half, sessions.
-- depends: 0020_index_of_idempotency_keys

-- Argon2id; null until the member has set up his login.
ALTER TABLE staff ADD COLUMN password_hash TEXT;

-- A second factor. kind 'totp' has its secret in secret_box, and used_step is the last time step that was accepted;
-- 'webauthn' has credential_id, public_key (a COSE key) and the authenticator's sign_count.
CREATE TABLE staff_factors (
  id TEXT PRIMARY KEY,
  staff_id TEXT NOT NULL REFERENCES staff (id),
  kind TEXT NOT NULL,
  label TEXT NOT NULL,
  secret_box BYTEA,
  used_step BIGINT NOT NULL,
  credential_id BYTEA UNIQUE,
  public_key BYTEA,
  sign_count BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX staff_factors_staff ON staff_factors (staff_id);

-- Addresses of first access, each used once; the hash is SHA-256 of a random code.
CREATE TABLE staff_set_ups (
  code_hash BYTEA PRIMARY KEY,
  staff_id TEXT NOT NULL REFERENCES staff (id),
  expires_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX staff_set_ups_staff ON staff_set_ups (staff_id);

-- What waits for its second half, each used once: purpose 'login' after the right password; 'enrol' for a factor that
-- is being added, with the new secret of a TOTP. challenge is what an authenticator signs.
CREATE TABLE staff_ceremonies (
  token_hash BYTEA PRIMARY KEY,
  staff_id TEXT NOT NULL REFERENCES staff (id),
  purpose TEXT NOT NULL,
  secret_box BYTEA,
  challenge BYTEA NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX staff_ceremonies_staff ON staff_ceremonies (staff_id);

CREATE TABLE staff_sessions (
  id TEXT PRIMARY KEY,
  token_hash BYTEA NOT NULL UNIQUE,
  staff_id TEXT NOT NULL REFERENCES staff (id),
  address TEXT NOT NULL,
  browser TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX staff_sessions_staff ON staff_sessions (staff_id);
