-- name: logins
SELECT p.token_hash, p.account_id AS login_account_id, p.device_id AS login_device_id, p.expires_at AS login_expires_at,
  p.mark AS login_mark, d.jkt
FROM phone_sessions p LEFT JOIN devices d ON d.id = p.device_id
WHERE p.token_hash > :after ORDER BY p.token_hash LIMIT :most;
