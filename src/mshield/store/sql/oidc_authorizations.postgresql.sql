-- One round trip for what SQLite does in two statements of one transaction.

-- name: use_with_login
-- The code is spent, and the token counts, before anything is answered.
WITH used AS (
  UPDATE oidc_authorizations SET state = 'used', token_hash = :token_hash, expires_at = :expires_at
  WHERE code_hash = :code_hash AND client_id = :client_id AND state = 'granted' AND expires_at > :now
  RETURNING id, parameters, request_id)
SELECT :call::int AS call, used.id, used.parameters, t.message, s.signature, s.signed_at, c.person_id, c.der, c.common_name, c.organisation,
  c.credit_code, c.role, c.shield_number, c.state, c.holds
FROM used JOIN tasks t ON t.request_id = used.request_id JOIN signatures s ON s.sid = t.sid
JOIN certificates c ON c.serial = s.serial;
