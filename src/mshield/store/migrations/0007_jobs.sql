-- What the service does by itself: its jobs, the notices that it sends; and answers kept for calls that are repeated.
-- depends: 0003_certificate_life

CREATE TABLE jobs (
  name TEXT PRIMARY KEY,
  next_at BIGINT NOT NULL,
  holder TEXT,
  lease_until BIGINT NOT NULL,
  failures INTEGER NOT NULL,
  last_at BIGINT,
  last_done BIGINT,
  last_error TEXT
);

CREATE TABLE notifications (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  phone TEXT,
  occasion TEXT NOT NULL,
  details TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  last_error TEXT,
  UNIQUE (account_id, kind, occasion)
);

CREATE INDEX notifications_waiting ON notifications (next_at) WHERE state = 'waiting';

CREATE INDEX accounts_id_number ON accounts (id_number_hash);

CREATE TABLE idempotency (
  call TEXT PRIMARY KEY,
  request_hash BYTEA NOT NULL,
  holder TEXT NOT NULL,
  held_until BIGINT NOT NULL,
  status INTEGER,
  answer_box BYTEA,
  created_at BIGINT NOT NULL
);

CREATE INDEX idempotency_created ON idempotency (created_at);
