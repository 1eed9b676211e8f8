-- name: reserve
-- Admission and reservation in one round trip; returns no row if a condition fails or a value differs from what was
-- read, and the caller then runs the steps one by one. All counts are those at the start of the statement. Only the
-- person's number of reservations is checked again once its row is locked, and so reveals a reservation made
-- meanwhile.
WITH turn AS (
  UPDATE accounts SET reservations = reservations + 1
  WHERE id = :first_account_id AND reservations = :reservations
    AND (SELECT COUNT(*) + COUNT(revoked_at) FROM authorities) = :authorities
    AND EXISTS (SELECT 1 FROM filed_persons WHERE id = :person_id AND ended_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM certificates
      WHERE device_id = :device_id AND NOT ended(certificates))
    AND (SELECT SUM((SELECT COUNT(DISTINCT c.device_id) FROM certificates c
        WHERE c.account_id = b.id AND c.device_id <> :device_id AND NOT ended(c)))
      FROM accounts b WHERE b.id_number_hash = accounts.id_number_hash) < :most
  RETURNING id),
device AS (
  UPDATE devices SET account_id = :account_id FROM turn
  WHERE devices.id = :device_id AND (devices.account_id IS NULL OR devices.account_id = :account_id)
  RETURNING devices.id, devices.account_id)
INSERT INTO certificates (serial, uid, request_sid, account_id, device_id, person_id, filing_version, shield_number, organisation,
  credit_code, role, common_name, issuer, der, state, holds, not_before, not_after, issued_at, changed_at,
  seal_version, seal)
SELECT :serial, :uid, :request_sid, device.account_id, device.id, :person_id, :filing_version, :shield_number, :organisation,
  :credit_code, :role, :common_name, :issuer, NULL, 'issued', '', :not_before, :not_after, :now, :now, 1, :seal
FROM device
ON CONFLICT (request_sid) DO NOTHING
RETURNING :call::int AS call;
