-- name: shield_of_device^
-- The same by a subquery, like usable_key in scans.postgresql.sql.
SELECT d.id AS device_id, d.account_id, d.shield_number, c.*
FROM devices d
LEFT JOIN LATERAL (
  SELECT n.serial, n.state AS certificate_state, n.holds, n.not_before, n.not_after, sealed(keys AS k)
  FROM keys k JOIN certificates n ON n.serial = k.certificate
  WHERE k.device_id = d.id AND n.device_id = d.id AND n.account_id = d.account_id
  ORDER BY n.issued_at DESC, n.serial DESC LIMIT 1) c ON TRUE
WHERE d.jkt = :jkt AND d.account_id IS NOT NULL;
