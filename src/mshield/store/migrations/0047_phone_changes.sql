-- Another phone number that two people approved without a code from the old one (R18): it waits, and can be stopped until
-- it is done. details is JSON, for the act; the numbers are emptied once it has ended. approval_id is the question that
-- was approved, null for two people at the server; state is waiting, done or stopped.
-- depends: 0044_identity_consents 0045_sealed_questions 0046_staff_tokens

CREATE TABLE phone_changes (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  approval_id TEXT UNIQUE REFERENCES approvals (id),
  old_phone TEXT NOT NULL,
  new_phone TEXT NOT NULL,
  details TEXT NOT NULL,
  approved_at BIGINT NOT NULL,
  effective_at BIGINT NOT NULL,
  state TEXT NOT NULL,
  ended_at BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE UNIQUE INDEX phone_changes_waiting ON phone_changes (account_id) WHERE state = 'waiting';

CREATE INDEX phone_changes_due ON phone_changes (effective_at) WHERE state = 'waiting';

-- Why it was refused, for who asked.
ALTER TABLE approvals ADD COLUMN refused_reason TEXT;
