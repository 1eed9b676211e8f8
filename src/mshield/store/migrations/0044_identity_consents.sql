-- Consents by an own shield (本人现有手机盾同意): which account asks, for which filing record, by which request. `phone` is
-- the account's number as the phone that signs shows it: with another one the consent is of no use. refused_at:
-- the person's phone says that somebody else asks.
-- depends: 0043_seals

CREATE TABLE identity_consents (
  request_id TEXT PRIMARY KEY REFERENCES requests (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  person_id TEXT NOT NULL REFERENCES filed_persons (id),
  phone TEXT NOT NULL,
  refused_at BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE INDEX identity_consents_account ON identity_consents (account_id, request_id);
