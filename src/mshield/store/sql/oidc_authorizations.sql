-- name: insert
INSERT INTO oidc_authorizations (id, client_id, state, parameters, handle_hash, browser_hash, request_id, expires_at, created_at)
VALUES (:id, :client_id, :state, :parameters, :handle_hash, :browser_hash, :request_id, :expires_at, :now)
RETURNING CAST(:call AS INTEGER) AS call;

-- name: open_pushed^
-- A pushed request begins one authorization, in one browser.
UPDATE oidc_authorizations SET state = 'open', browser_hash = :browser_hash, expires_at = :expires_at
WHERE handle_hash = :handle_hash AND client_id = :client_id AND state = 'pushed' AND expires_at > :now
RETURNING id, parameters;

-- name: find_by_handle^
SELECT id FROM oidc_authorizations
WHERE handle_hash = :handle_hash AND client_id = :client_id AND state IN ('open', 'granted') AND expires_at > :now;

-- name: attach!
UPDATE oidc_authorizations SET request_id = :request_id
WHERE id = :id AND browser_hash = :browser_hash AND state = 'open' AND expires_at > :now;

-- name: find_open^
SELECT a.client_id, a.state, a.parameters, r.id AS request_id, r.state AS request_state, r.reason, r.number, r.expires_at
FROM oidc_authorizations a LEFT JOIN requests r ON r.id = a.request_id
WHERE a.id = :id AND a.browser_hash = :browser_hash AND a.state IN ('open', 'granted') AND a.expires_at > :now;

-- name: grant
-- Again within the code's life, should the browser have lost the answer: the code before is worth nothing then.
UPDATE oidc_authorizations SET state = 'granted', code_hash = :code_hash,
  expires_at = CASE state WHEN 'granted' THEN expires_at ELSE :expires_at END
WHERE id = :id AND browser_hash = :browser_hash AND state IN ('open', 'granted') AND expires_at > :now
  AND (SELECT r.state FROM requests r WHERE r.id = oidc_authorizations.request_id) = 'signed'
RETURNING CAST(:call AS INTEGER) AS call, client_id, parameters;

-- name: end!
UPDATE oidc_authorizations SET state = 'ended'
WHERE id = :id AND browser_hash = :browser_hash AND state = 'open';

-- name: end_replayed!
-- A code that comes twice was stolen before or after: the token made from it ends.
UPDATE oidc_authorizations SET state = 'ended' WHERE code_hash = :code_hash AND state = 'used';

-- name: log_out!
UPDATE oidc_authorizations SET state = 'ended' WHERE id = :id AND client_id = :client_id AND state IN ('granted', 'used');

-- name: find_token
SELECT CAST(:call AS INTEGER) AS call, a.client_id, a.parameters, t.message, s.signature, s.signed_at, c.person_id, c.der, c.common_name, c.organisation,
  c.credit_code, c.role, c.shield_number, c.state, c.holds
FROM oidc_authorizations a JOIN tasks t ON t.request_id = a.request_id
JOIN signatures s ON s.sid = t.sid JOIN certificates c ON c.serial = s.serial
WHERE a.token_hash = :token_hash AND a.state = 'used' AND a.expires_at > :now;

-- name: insert_assertion!
INSERT INTO oidc_assertions (assertion_hash, expires_at) VALUES (:assertion_hash, :expires_at) ON CONFLICT DO NOTHING;

-- name: purge!
DELETE FROM oidc_authorizations WHERE created_at < :before;

-- name: purge_assertions!
DELETE FROM oidc_assertions WHERE expires_at < :before;
