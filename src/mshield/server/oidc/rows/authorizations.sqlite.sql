-- The steps of one transaction; PostgreSQL joins them into one statement.

-- name: use^
-- The code is used up, and the token becomes valid, before anything is answered.
UPDATE oidc_authorizations SET state = 'used', token_hash = :token_hash, expires_at = :expires_at
WHERE code_hash = :code_hash AND client_id = :client_id AND state = 'granted' AND expires_at > :now
RETURNING id, client_id, parameters, fresh_ms, browser_hash, request_id, seal_version, seal;

-- name: find_login^
SELECT sealed(tasks AS t), sealed(signatures AS s), sealed(certificates AS c), s.signature, s.signed_at, c.der, c.state, c.holds
FROM tasks t JOIN signatures s ON s.sid = t.sid JOIN certificates c ON c.serial = s.serial WHERE t.request_id = :request_id;

-- name: name_login!
-- Stores in the request how a webhook names the login, if its end is sent to a webhook.
UPDATE requests SET oidc = :oidc WHERE id = :request_id AND to_tell;

-- name: begin
INSERT INTO oidc_authorizations (id, client_id, state, parameters, fresh_ms, browser_hash, request_id, expires_at, created_at,
  seal_version, seal)
VALUES (:id, :client_id, 'open', :parameters, :fresh_ms, :browser_hash, :request_id, :expires_at, :now, 1, :seal)
RETURNING id;

-- name: open_pushed^
-- A pushed request starts one authorization, in one browser.
UPDATE oidc_authorizations SET state = 'open', browser_hash = :browser_hash, request_id = :request_id, expires_at = :expires_at, seal = :seal
WHERE id = :id AND state = 'pushed' AND expires_at > :now
RETURNING id;

-- name: attach^
UPDATE oidc_authorizations SET request_id = :request_id, seal = :seal
WHERE id = :id AND browser_hash = :browser_hash AND state = 'open' AND expires_at > :now
RETURNING id;
