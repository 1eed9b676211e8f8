-- name: put!
INSERT INTO identity_codes (code_hash, person_id, actor, actor_id, made_at, expires_at)
VALUES (:code_hash, :person_id, :actor, :actor_id, :now, :expires_at)
ON CONFLICT (person_id) DO UPDATE SET code_hash = excluded.code_hash, actor = excluded.actor, actor_id = excluded.actor_id,
  made_at = excluded.made_at, expires_at = excluded.expires_at;

-- name: find^
-- The record that a code is for, as long as it can be used.
SELECT c.person_id, c.actor, c.actor_id, c.made_at, f.name, f.role, f.id_number_hash, f.credit_code FROM identity_codes c
JOIN filed_persons f ON f.id = c.person_id AND f.ended_at IS NULL
WHERE c.code_hash = :code_hash AND c.expires_at > :now;

-- name: use!
DELETE FROM identity_codes WHERE code_hash = :code_hash AND expires_at > :now;

-- name: person^
SELECT id, name, role, credit_code, ended_at FROM filed_persons WHERE id = :person_id;

-- name: purge!
DELETE FROM identity_codes WHERE expires_at <= :now;
