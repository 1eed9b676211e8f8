-- What the console shows and changes: a business system's old secret counts for a while beside the new one, how long a
-- job's last run took, and all certificates, the newest first.
-- depends: 0020_index_of_idempotency_keys

ALTER TABLE business_systems ADD COLUMN previous_hash BYTEA;
ALTER TABLE business_systems ADD COLUMN previous_until BIGINT NOT NULL DEFAULT 0;
-- When the present secret was made; 0: with the system.
ALTER TABLE business_systems ADD COLUMN secret_at BIGINT NOT NULL DEFAULT 0;

ALTER TABLE jobs ADD COLUMN last_ms BIGINT;

CREATE INDEX certificates_newest ON certificates (issued_at, serial);
