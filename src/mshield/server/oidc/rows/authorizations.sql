-- name: push
INSERT INTO oidc_authorizations (id, client_id, state, parameters, fresh_ms, handle_hash, expires_at, created_at,
  seal_version, seal)
VALUES (:id, :client_id, 'pushed', :parameters, :fresh_ms, :handle_hash, :expires_at, :now, 1, :seal)
RETURNING CAST(:call AS INTEGER) AS call;

-- name: find_pushed^
SELECT sealed(oidc_authorizations AS a), a.state FROM oidc_authorizations a
WHERE handle_hash = :handle_hash AND client_id = :client_id AND state IN ('pushed', 'open', 'granted') AND expires_at > :now;

-- name: find_open^
SELECT sealed(oidc_authorizations AS a), a.state, r.id AS request_id, r.state AS request_state, r.reason, r.number,
  r.expires_at, r.changed_at
FROM oidc_authorizations a LEFT JOIN requests r ON r.id = a.request_id
WHERE a.id = :id AND a.browser_hash = :browser_hash AND a.state IN ('open', 'granted') AND a.expires_at > :now;

-- name: grant
-- Only for a recently signed login: an attacker who gets the browser later can't use an earlier signature. Allowed
-- again within the code's lifetime, in case the browser lost the answer; the previous code is then invalid.
UPDATE oidc_authorizations SET state = 'granted', code_hash = :code_hash,
  expires_at = CASE state WHEN 'granted' THEN expires_at ELSE :expires_at END
WHERE id = :id AND browser_hash = :browser_hash AND state IN ('open', 'granted') AND expires_at > :now
  AND (SELECT r.state = 'signed' AND (oidc_authorizations.state = 'granted' OR r.changed_at + oidc_authorizations.fresh_ms >= :now)
    FROM requests r WHERE r.id = oidc_authorizations.request_id)
RETURNING CAST(:call AS INTEGER) AS call, id, client_id, parameters, fresh_ms, browser_hash, request_id, seal_version, seal;

-- name: end!
UPDATE oidc_authorizations SET state = 'ended'
WHERE id = :id AND browser_hash = :browser_hash AND state = 'open';

-- name: end_replayed!
-- A code that is presented twice was stolen, before or after: the token made from it ends.
UPDATE oidc_authorizations SET state = 'ended' WHERE code_hash = :code_hash AND state = 'used';

-- name: log_out!
UPDATE oidc_authorizations SET state = 'ended' WHERE id = :id AND client_id = :client_id AND state IN ('granted', 'used');

-- name: find_token
SELECT CAST(:call AS INTEGER) AS call, sealed(oidc_authorizations AS a), sealed(tasks AS t), sealed(signatures AS s),
  sealed(certificates AS c), s.signature, s.signed_at, c.der, c.state, c.holds
FROM oidc_authorizations a JOIN tasks t ON t.request_id = a.request_id
JOIN signatures s ON s.sid = t.sid JOIN certificates c ON c.serial = s.serial
WHERE a.token_hash = :token_hash AND a.state = 'used' AND a.expires_at > :now;

-- name: insert_assertion!
INSERT INTO oidc_assertions (assertion_hash, expires_at) VALUES (:assertion_hash, :expires_at) ON CONFLICT DO NOTHING;

-- name: purge!
DELETE FROM oidc_authorizations WHERE created_at < :before;

-- name: purge_assertions!
DELETE FROM oidc_assertions WHERE expires_at < :before;
