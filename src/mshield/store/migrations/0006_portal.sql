-- The legal person's sessions at the portal, and the indexes of his lists.

-- depends: 0003_certificate_life

CREATE TABLE portal_sessions (
  token_hash BYTEA PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  created_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX portal_sessions_account ON portal_sessions (account_id);

CREATE INDEX filed_persons_enterprise ON filed_persons (credit_code, id);

CREATE INDEX certificates_shield ON certificates (credit_code, shield_number, issued_at, serial);
CREATE INDEX certificates_enterprise ON certificates (credit_code, issued_at, serial);
CREATE INDEX certificates_person ON certificates (person_id);
