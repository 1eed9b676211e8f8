-- What ties an account to the person on file (实名核验). An account with a certificate in force is proven by its earlier
-- application; the filing office looks through those.
-- depends: 0041_filed_phone

-- person_id: the filing record that is proven, or none where whoever proved it vouches for the person as such.
-- counts_from: the person's other accounts are told before.
CREATE TABLE identity_proofs (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  person_id TEXT REFERENCES filed_persons (id),
  way TEXT NOT NULL,
  actor TEXT NOT NULL,
  actor_id TEXT,
  proven_at BIGINT NOT NULL,
  counts_from BIGINT NOT NULL,
  ended_at BIGINT,
  ended_reason TEXT
);

CREATE INDEX identity_proofs_account ON identity_proofs (account_id);

-- An operator asks the legal person to confirm who they are.
CREATE TABLE identity_requests (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  person_id TEXT NOT NULL REFERENCES filed_persons (id),
  state TEXT NOT NULL,
  address TEXT,
  browser TEXT,
  asked_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  reminded_at BIGINT NOT NULL,
  decided_at BIGINT,
  decided_by TEXT REFERENCES accounts (id)
);

CREATE UNIQUE INDEX identity_requests_waiting ON identity_requests (account_id) WHERE state = 'waiting';

CREATE INDEX identity_requests_person ON identity_requests (person_id);

-- One-time activation codes of filed people; a new one takes the place of the one before.
CREATE TABLE identity_codes (
  code_hash BYTEA PRIMARY KEY,
  person_id TEXT NOT NULL UNIQUE REFERENCES filed_persons (id),
  actor TEXT NOT NULL,
  actor_id TEXT,
  made_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

INSERT INTO identity_proofs (id, account_id, person_id, way, actor, actor_id, proven_at, counts_from)
SELECT a.id || '-' || f.id, a.id, f.id, 'earlier', 'service', NULL, MIN(c.issued_at), 0
FROM certificates c JOIN accounts a ON a.id = c.account_id JOIN filed_persons f ON f.id = c.person_id
WHERE c.state IN ('active', 'pin_locked') GROUP BY a.id, f.id;
