-- name: find^
-- The account and device of a valid login that is bound to the device's key.
SELECT d.shield_number, d.account_id AS pinned_account_id, sealed(accounts AS a), p.account_id AS login_account_id, p.device_id AS login_device_id,
  p.expires_at AS login_expires_at, p.mark AS login_mark
FROM phone_sessions p
JOIN devices d ON d.id = p.device_id AND d.jkt = :jkt
JOIN accounts a ON a.id = p.account_id AND a.state = 'active'
WHERE p.token_hash = :token_hash AND p.ended_at IS NULL AND p.expires_at > :now;

-- name: end!
UPDATE phone_sessions SET ended_at = :now WHERE token_hash = :token_hash AND ended_at IS NULL;
