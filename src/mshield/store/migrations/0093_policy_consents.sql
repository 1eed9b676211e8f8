-- What people agreed to, each consent by itself: to which version and, by its digest, to which text. No seal: a consent
-- decides nobody's rights, and the act in the log that each one is recorded with proves it (ADR 109).
-- depends: 0085_archives

CREATE TABLE policy_consents (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  policy TEXT NOT NULL,
  version TEXT NOT NULL,
  digest BYTEA NOT NULL,
  place TEXT NOT NULL,
  agreed_at BIGINT NOT NULL,
  withdrawn_at BIGINT
);

CREATE INDEX IF NOT EXISTS policy_consents_account ON policy_consents (account_id, agreed_at);
