-- name: reserve^
-- Commits the serial before anything is signed with it. One certificate per request: a repeated call changes nothing.
INSERT INTO certificates (serial, uid, request_sid, account_id, device_id, person_id, filing_version, shield_number, organisation,
  credit_code, role, common_name, issuer, der, state, holds, not_before, not_after, issued_at, changed_at,
  seal_version, seal)
VALUES (:serial, :uid, :request_sid, :account_id, :device_id, :person_id, :filing_version, :shield_number, :organisation,
  :credit_code, :role, :common_name, :issuer, NULL, 'issued', '', :not_before, :not_after, :now, :now, 1, :seal)
ON CONFLICT (request_sid) DO NOTHING
RETURNING serial, uid, request_sid, account_id, device_id, person_id, filing_version, shield_number, organisation, credit_code,
  role, common_name, issuer, der, state, holds, not_before, not_after, issued_at, changed_at, revoked_at, revocation_reason, seal_version, seal;

-- name: find_by_request^
SELECT serial, uid, request_sid, account_id, device_id, person_id, filing_version, shield_number, organisation, credit_code, role,
  common_name, issuer, der, state, holds, not_before, not_after, issued_at, changed_at, revoked_at, revocation_reason,
  seal_version, seal
FROM certificates WHERE request_sid = :request_sid;

-- name: find_by_serial^
SELECT serial, uid, request_sid, account_id, device_id, person_id, filing_version, shield_number, organisation, credit_code, role,
  common_name, issuer, der, state, holds, not_before, not_after, issued_at, changed_at, revoked_at, revocation_reason,
  seal_version, seal
FROM certificates WHERE serial = :serial;

-- name: find_holder^
-- The contents of a certificate that aren't in its row: the key, and the holder's sealed id number.
SELECT k.public_key, p.id, p.id_type, p.id_number_box
FROM certificates c JOIN keys k ON k.uid = c.uid JOIN filed_persons p ON p.id = c.person_id
WHERE c.serial = :serial;

-- name: revoked_basis^
-- Values that change whenever the list of revoked or held certificates does: the count, and the sum of the times from issue to the
-- last change.
SELECT COUNT(*) AS entries, CAST(COALESCE(SUM(changed_at - issued_at), 0) AS BIGINT) AS total FROM certificates
WHERE (ended(certificates) OR holds <> '') AND der IS NOT NULL AND issuer = :issuer AND not_after > :since;

-- name: find_status
SELECT serial, issuer, state, holds, issued_at, changed_at, revoked_at, revocation_reason, held_since, not_after,
  logged_standing(certificates) AS logged, CAST(:call AS INTEGER) AS call
FROM certificates WHERE serial = :serial AND der IS NOT NULL;

-- name: find_newest^
-- The certificate that a device displays as its own: the unended one, else the newest that was ever in force.
SELECT serial, uid, request_sid, account_id, device_id, person_id, filing_version, shield_number, organisation, credit_code, role,
  common_name, issuer, der, state, holds, not_before, not_after, issued_at, changed_at, revoked_at, revocation_reason,
  seal_version, seal
FROM certificates WHERE device_id = :device_id AND account_id = :account_id AND state <> 'issued'
ORDER BY CASE WHEN ended(certificates) THEN 1 ELSE 0 END, issued_at DESC, serial DESC LIMIT 1;

-- name: ended_unlisted
-- Uses the partial index of the events that end a certificate.
SELECT c.serial FROM certificate_events e JOIN certificates c ON c.serial = e.serial
WHERE ended(e) AND NOT listed(c) AND c.der IS NOT NULL AND c.issuer = :issuer AND c.not_after > :since
ORDER BY c.serial;
