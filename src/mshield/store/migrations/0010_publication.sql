-- Issuing CAs by generation: which one issued a certificate, and when one was revoked.
-- depends: 0003_certificate_life

ALTER TABLE authorities ADD COLUMN revoked_at BIGINT;
ALTER TABLE authorities ADD COLUMN revocation_reason BIGINT;

ALTER TABLE certificates ADD COLUMN issuer TEXT NOT NULL DEFAULT 'issuing';

-- All that a list says, and its basis: answered from the index alone.
DROP INDEX certificates_off;
CREATE INDEX certificates_off ON certificates
  (issuer, not_after, changed_at, issued_at, serial, state, holds, revoked_at, revocation_reason)
  WHERE (state IN ('revoked', 'superseded') OR holds <> '') AND der IS NOT NULL;
