-- The steps of one transaction; PostgreSQL joins them into one statement.

-- name: count_reservation!
-- Nobody else writes meanwhile; the number is compared all the same, since the key was read before.
UPDATE accounts SET reservations = reservations + 1
WHERE id = :account_id AND reservations = :reservations
  AND (SELECT COUNT(*) + COUNT(revoked_at) FROM authorities) = :authorities
  AND NOT EXISTS (SELECT 1 FROM certificates
    WHERE device_id = :device_id AND state NOT IN ('revoked', 'superseded'))
  AND (SELECT COUNT(DISTINCT device_id) FROM certificates
    WHERE account_id = :account_id AND device_id <> :device_id AND state NOT IN ('revoked', 'superseded')) < :most;
