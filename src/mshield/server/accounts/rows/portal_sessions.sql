-- name: insert!
INSERT INTO portal_sessions (token_hash, account_id, created_at, used_at, expires_at, ended_at, address, browser)
VALUES (:token_hash, :account_id, :now, :now, :expires_at, NULL, :address, :browser);

-- name: find^
-- A session that has neither ended nor been idle for too long; a closed account has none.
SELECT s.used_at, sealed(portal_sessions AS s), sealed(accounts AS a)
FROM portal_sessions s JOIN accounts a ON a.id = s.account_id
WHERE s.token_hash = :token_hash AND s.ended_at IS NULL AND s.expires_at > :now AND s.used_at > :idle_since
  AND a.state = 'active';

-- name: ended^
SELECT sealed(portal_sessions AS s) FROM portal_sessions s WHERE s.token_hash = :token_hash AND s.ended_at IS NOT NULL;

-- name: touch!
UPDATE portal_sessions SET used_at = :now WHERE token_hash = :token_hash AND used_at < :now AND ended_at IS NULL;

-- name: end!
UPDATE portal_sessions SET ended_at = :now WHERE token_hash = :token_hash AND ended_at IS NULL;

-- name: of_account
SELECT token_hash FROM portal_sessions WHERE account_id = :account_id AND ended_at IS NULL AND expires_at > :now;

-- name: purge!
DELETE FROM portal_sessions WHERE expires_at <= :before;

-- name: use_request!
INSERT INTO used_requests (request_id, used_at) VALUES (:request_id, :now) ON CONFLICT (request_id) DO NOTHING;

-- name: purge_used!
DELETE FROM used_requests WHERE used_at <= :before;

-- name: signer
-- Who signed a request: the certificate with the data that proves it, one row for each document.
SELECT sealed(requests AS r), sealed(tasks AS t), sealed(signatures AS s), sealed(certificates AS c)
FROM requests r JOIN tasks t ON t.request_id = r.id JOIN signatures s ON s.sid = t.sid
JOIN certificates c ON c.serial = s.serial
WHERE r.id = :request_id;
