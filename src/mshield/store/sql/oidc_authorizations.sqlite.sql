-- The steps of one transaction; PostgreSQL joins them into one statement.

-- name: use^
-- The code is spent, and the token counts, before anything is answered.
UPDATE oidc_authorizations SET state = 'used', token_hash = :token_hash, expires_at = :expires_at
WHERE code_hash = :code_hash AND client_id = :client_id AND state = 'granted' AND expires_at > :now
RETURNING id, parameters, request_id;

-- name: find_login^
SELECT t.message, s.signature, s.signed_at, c.person_id, c.der, c.common_name, c.organisation, c.credit_code, c.role,
  c.shield_number, c.state, c.holds
FROM tasks t JOIN signatures s ON s.sid = t.sid JOIN certificates c ON c.serial = s.serial WHERE t.request_id = :request_id;
