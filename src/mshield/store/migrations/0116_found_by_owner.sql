-- Each login on a phone ends those before on the same installation. Without an index by device that read all sessions:
-- with a million of them 120 to 270 ms of PostgreSQL, in the login's transaction. So did the phone's page of who one is read
-- all applications that legal persons were asked to confirm.
-- depends: 0114_found_by_subject

CREATE INDEX IF NOT EXISTS phone_sessions_device ON phone_sessions (device_id) WHERE ended_at IS NULL;

CREATE INDEX IF NOT EXISTS identity_requests_account ON identity_requests (account_id, asked_at);

-- What a filed number proved ends where a list files another one: of up to 100 000 records at a time.
CREATE INDEX IF NOT EXISTS identity_proofs_person ON identity_proofs (person_id) WHERE ended_at IS NULL;
