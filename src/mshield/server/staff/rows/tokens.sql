-- name: insert!
INSERT INTO staff_tokens (id, staff_id, name, roles, scopes, token_hash, created_at, expires_at)
VALUES (:id, :staff_id, :name, :roles, :scopes, :token_hash, :now, :expires_at);

-- name: find^
SELECT id, staff_id, name, roles, scopes, token_hash, created_at, expires_at, used_at, ended_at, next_id,
  seal_version, seal
FROM staff_tokens WHERE id = :id;

-- name: list
-- Newest first; those of one member if one is given.
SELECT t.id, t.staff_id, t.name, t.roles, t.scopes, t.token_hash, t.created_at, t.expires_at, t.used_at, t.ended_at,
  t.next_id, t.seal_version, t.seal, m.name AS staff_name
FROM staff_tokens t JOIN staff m ON m.id = t.staff_id
WHERE t.staff_id = :staff_id OR :staff_id = '' ORDER BY t.created_at DESC, t.id DESC LIMIT :most;

-- name: count_live^
SELECT COUNT(*) AS live FROM staff_tokens WHERE staff_id = :staff_id AND ended_at IS NULL AND expires_at > :now;

-- name: touch!
UPDATE staff_tokens SET used_at = :now WHERE id = :id AND (used_at IS NULL OR used_at < :now);

-- name: replace!
-- Succeeds once, even for two simultaneous rotations.
UPDATE staff_tokens SET next_id = :next_id, expires_at = CASE WHEN expires_at < :until THEN expires_at ELSE :until END
WHERE id = :id AND next_id IS NULL AND ended_at IS NULL AND expires_at > :now;

-- name: end!
UPDATE staff_tokens SET ended_at = :now WHERE id = :id AND ended_at IS NULL AND expires_at > :now;

-- name: live
SELECT id FROM staff_tokens WHERE staff_id = :staff_id AND ended_at IS NULL AND expires_at > :now;

-- name: ending^
-- Valid tokens that end before a time and have no replacement.
SELECT COUNT(*) AS ending, MIN(t.expires_at) AS first FROM staff_tokens t JOIN staff m ON m.id = t.staff_id
WHERE t.ended_at IS NULL AND t.next_id IS NULL AND t.expires_at > :now AND t.expires_at <= :by AND m.state = 'active';
