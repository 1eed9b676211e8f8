-- How many certificates were reserved for an account: what a reservation that counted the account's devices is guarded by.
-- depends: 0003_certificate_life

ALTER TABLE accounts ADD COLUMN reservations BIGINT NOT NULL DEFAULT 0;
