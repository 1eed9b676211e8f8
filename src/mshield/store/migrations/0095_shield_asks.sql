-- What operators ask of their legal person about a shield of theirs: to revoke it, to lift a hold, to see to the filing so
-- that it can be renewed (ADR 110). Sealed as it was asked, since legal persons act by it; how it ended decides nothing.
-- depends: 0094_closings

CREATE TABLE shield_asks (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  credit_code TEXT NOT NULL,
  shield_number TEXT NOT NULL,
  kind TEXT NOT NULL,
  note TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  state TEXT NOT NULL,
  decided_at BIGINT,
  decided_by TEXT REFERENCES accounts (id),
  reason TEXT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE UNIQUE INDEX IF NOT EXISTS shield_asks_waiting ON shield_asks (account_id, shield_number, kind) WHERE state = 'waiting';

CREATE INDEX IF NOT EXISTS shield_asks_enterprise ON shield_asks (credit_code, id);

CREATE INDEX IF NOT EXISTS shield_asks_account ON shield_asks (account_id, id);
