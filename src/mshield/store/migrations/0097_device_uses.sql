-- What an account's owner sees of their devices: the name that they gave it, and its last login.
-- depends: 0096_push

CREATE TABLE device_uses (
  device_id TEXT PRIMARY KEY REFERENCES devices (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  name TEXT,
  browser TEXT,
  address TEXT,
  logged_in_at BIGINT NOT NULL
);
CREATE INDEX device_uses_account ON device_uses (account_id);
