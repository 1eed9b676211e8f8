-- Since when a certificate is held without a break: what lists and OCSP say of it. Each change used to move that time.
-- depends: 0036_unanswered_notices

ALTER TABLE certificates ADD COLUMN held_since BIGINT;
UPDATE certificates SET held_since = COALESCE(
  (SELECT MIN(e.at) FROM certificate_events e WHERE e.serial = certificates.serial AND e.holds <> ''
    AND e.id > COALESCE((SELECT MAX(f.id) FROM certificate_events f WHERE f.serial = e.serial AND f.holds = ''), '')),
  changed_at)
WHERE holds <> '';
DROP INDEX certificates_off;
CREATE INDEX certificates_off ON certificates
  (issuer, not_after, changed_at, issued_at, serial, state, holds, revoked_at, revocation_reason, held_since)
  WHERE (state IN ('revoked', 'superseded') OR holds <> '') AND der IS NOT NULL;
