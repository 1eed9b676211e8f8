-- The steps of one transaction; PostgreSQL joins them into one statement.

-- name: count_reservation!
-- Nobody else writes meanwhile, but the key was read earlier, so the number is compared.
UPDATE accounts SET reservations = reservations + 1
WHERE id = :first_account_id AND reservations = :reservations
  AND (SELECT COUNT(*) + COUNT(revoked_at) FROM authorities) = :authorities
  AND EXISTS (SELECT 1 FROM filed_persons WHERE id = :person_id AND ended_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM certificates
    WHERE device_id = :device_id AND NOT ended(certificates))
  AND (SELECT SUM((SELECT COUNT(DISTINCT c.device_id) FROM certificates c
      WHERE c.account_id = b.id AND c.device_id <> :device_id AND NOT ended(c)))
    FROM accounts b WHERE b.id_number_hash = accounts.id_number_hash) < :most;
