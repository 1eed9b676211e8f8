-- The unended logins of one account, which customer service sees and can end.

-- name: phones
SELECT p.token_hash, p.created_at, p.expires_at, p.address, p.browser, d.shield_number, d.created_at AS device_since
FROM phone_sessions p JOIN devices d ON d.id = p.device_id
WHERE p.account_id = :account_id AND p.ended_at IS NULL AND p.expires_at > :now ORDER BY p.created_at DESC;

-- name: portal
SELECT token_hash, created_at, used_at, expires_at, address, browser FROM portal_sessions
WHERE account_id = :account_id AND ended_at IS NULL AND expires_at > :now AND used_at > :idle_since
ORDER BY created_at DESC;

-- name: end_phone!
UPDATE phone_sessions SET ended_at = :now
WHERE token_hash = :token_hash AND account_id = :account_id AND ended_at IS NULL AND expires_at > :now;

-- name: end_portal!
UPDATE portal_sessions SET ended_at = :now
WHERE token_hash = :token_hash AND account_id = :account_id AND ended_at IS NULL AND expires_at > :now;
