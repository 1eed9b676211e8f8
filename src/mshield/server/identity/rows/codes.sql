-- name: put!
INSERT INTO identity_codes (code_hash, person_id, actor, actor_id, made_at, expires_at)
VALUES (:code_hash, :person_id, :actor, :actor_id, :now, :expires_at)
ON CONFLICT (person_id) DO UPDATE SET code_hash = excluded.code_hash, actor = excluded.actor, actor_id = excluded.actor_id,
  made_at = excluded.made_at, expires_at = excluded.expires_at, seal = NULL;

-- name: find^
-- The record of an activation code, as long as the code can be used.
SELECT sealed(identity_codes AS c), sealed(filed_persons AS f) FROM identity_codes c
JOIN filed_persons f ON f.id = c.person_id AND f.ended_at IS NULL
WHERE c.code_hash = :code_hash AND c.expires_at > :now;

-- name: use!
DELETE FROM identity_codes WHERE code_hash = :code_hash AND expires_at > :now;

-- name: purge!
DELETE FROM identity_codes WHERE expires_at <= :now;
