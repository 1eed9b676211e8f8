-- What takes two people: asked by one security officer, decided by another.
-- depends: 0021_console_login

-- details is JSON, exactly what is shown and carried out; state is waiting, approved, refused, withdrawn, or expired.
CREATE TABLE approvals (
  id TEXT PRIMARY KEY,
  act TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT NOT NULL,
  reason TEXT NOT NULL,
  asked_by TEXT NOT NULL REFERENCES staff (id),
  asked_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  state TEXT NOT NULL,
  decided_by TEXT REFERENCES staff (id),
  decided_at BIGINT
);
CREATE UNIQUE INDEX approvals_waiting ON approvals (act, subject) WHERE state = 'waiting';
CREATE INDEX approvals_state ON approvals (state, id);
