-- Accounts that their owners close: asked for, undone, or carried out when its time has come (ADR 109). Sealed: a row
-- that somebody else wrote must end nobody's account.
-- depends: 0093_policy_consents

CREATE TABLE closings (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  asked_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  state TEXT NOT NULL,
  ended_at BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE UNIQUE INDEX IF NOT EXISTS closings_waiting ON closings (account_id) WHERE state = 'waiting';

CREATE INDEX IF NOT EXISTS closings_due ON closings (due_at) WHERE state = 'waiting';
