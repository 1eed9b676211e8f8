-- name: insert!
INSERT INTO staff_sessions
  (id, token_hash, staff_id, address, browser, created_at, used_at, expires_at, ended_at)
VALUES (:id, :token_hash, :staff_id, :address, :browser, :now, :now, :expires_at, NULL);

-- name: find^
-- A session that has neither ended nor been idle for too long; a disabled member has none.
SELECT s.used_at, sealed(staff_sessions AS s), sealed(staff AS m)
FROM staff_sessions s JOIN staff m ON m.id = s.staff_id
WHERE s.token_hash = :token_hash AND s.ended_at IS NULL AND s.expires_at > :now AND s.used_at > :idle_since
  AND m.state = 'active';

-- name: of_member
-- Unended sessions, newest first.
SELECT id, address, browser, created_at, used_at, expires_at FROM staff_sessions
WHERE staff_id = :staff_id AND ended_at IS NULL AND expires_at > :now AND used_at > :idle_since ORDER BY id DESC;

-- name: ended^
SELECT sealed(staff_sessions AS s) FROM staff_sessions s WHERE s.token_hash = :token_hash AND s.ended_at IS NOT NULL;

-- name: touch!
UPDATE staff_sessions SET used_at = :now WHERE id = :id AND used_at < :now AND ended_at IS NULL;

-- name: confirm!
-- The member presented a second factor again in this session.
UPDATE staff_sessions SET confirmed_at = :now WHERE id = :id AND staff_id = :staff_id AND ended_at IS NULL;

-- name: end!
UPDATE staff_sessions SET ended_at = :now WHERE id = :id AND staff_id = :staff_id AND ended_at IS NULL;

-- name: unended
SELECT id FROM staff_sessions WHERE staff_id = :staff_id AND id <> :but AND ended_at IS NULL;

-- name: purge!
DELETE FROM staff_sessions WHERE expires_at <= :before;
