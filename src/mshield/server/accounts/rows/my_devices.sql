-- name: of_account
-- Each device with the certificate that represents it, chosen as by `find_newest` of certificates.sql.
SELECT c.device_id, c.shield_number, c.state, c.holds, c.organisation, c.role, c.issued_at, c.not_after,
  d.created_at AS device_since, c.serial, u.name, u.browser, u.address, u.model, u.logged_in_at,
  (SELECT s.signed_at FROM signatures s WHERE s.uid = c.uid AND s.purpose IN ('login', 'sign')
    ORDER BY s.signed_at DESC LIMIT 1) AS used_at
FROM certificates c JOIN devices d ON d.id = c.device_id
LEFT JOIN device_uses u ON u.device_id = c.device_id AND u.account_id = c.account_id
WHERE c.account_id = :account_id AND c.state <> 'issued'
  AND NOT EXISTS (SELECT 1 FROM certificates n
    WHERE n.account_id = c.account_id AND n.device_id = c.device_id AND n.state <> 'issued'
      AND (CASE WHEN ended(n) THEN 0 ELSE 1 END, n.issued_at, n.serial)
        > (CASE WHEN ended(c) THEN 0 ELSE 1 END, c.issued_at, c.serial));

-- name: rename!
UPDATE device_uses SET name = :name WHERE account_id = :account_id
  AND device_id = (SELECT id FROM devices WHERE shield_number = :shield_number);
