-- One round trip for what SQLite does in two statements of one transaction.

-- name: use_with_login
-- The code is used up, and the token becomes valid, before anything is answered.
WITH used AS (
  UPDATE oidc_authorizations SET state = 'used', token_hash = :token_hash, expires_at = :expires_at
  WHERE code_hash = :code_hash AND client_id = :client_id AND state = 'granted' AND expires_at > :now
  RETURNING id, client_id, parameters, fresh_ms, browser_hash, request_id, seal_version, seal)
SELECT :call::int AS call, sealed(oidc_authorizations AS used), sealed(tasks AS t), sealed(signatures AS s), sealed(certificates AS c),
  s.signature, s.signed_at, c.der, c.state, c.holds
FROM used JOIN tasks t ON t.request_id = used.request_id JOIN signatures s ON s.sid = t.sid
JOIN certificates c ON c.serial = s.serial;

-- name: begin
-- Stores in the request how a webhook names the login, if its end is sent to a webhook.
WITH named AS (
  UPDATE requests SET oidc = :oidc WHERE id = :request_id AND to_tell)
INSERT INTO oidc_authorizations (id, client_id, state, parameters, fresh_ms, browser_hash, request_id, expires_at, created_at,
  seal_version, seal)
VALUES (:id, :client_id, 'open', :parameters, :fresh_ms, :browser_hash, :request_id, :expires_at, :now, 1, :seal)
RETURNING :call::int AS call;

-- name: open_pushed
-- A pushed request starts one authorization, in one browser.
WITH opened AS (
  UPDATE oidc_authorizations SET state = 'open', browser_hash = :browser_hash, request_id = :request_id, expires_at = :expires_at, seal = :seal
  WHERE id = :id AND state = 'pushed' AND expires_at > :now
  RETURNING id),
named AS (
  UPDATE requests SET oidc = :oidc FROM opened WHERE requests.id = :request_id AND requests.to_tell)
SELECT :call::int AS call FROM opened;

-- name: attach
WITH attached AS (
  UPDATE oidc_authorizations SET request_id = :request_id, seal = :seal
  WHERE id = :id AND browser_hash = :browser_hash AND state = 'open' AND expires_at > :now
  RETURNING id),
named AS (
  UPDATE requests SET oidc = :oidc FROM attached WHERE requests.id = :request_id AND requests.to_tell)
SELECT :call::int AS call FROM attached;
