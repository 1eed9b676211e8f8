-- name: insert!
INSERT INTO acts (id, actor, actor_id, act, subject, details, at)
VALUES (:id, :actor, :actor_id, :act, :subject, :details, :now);

-- name: page
-- Newest first, of any subject and actor; an empty word stands for all. An act is named whole, or by what its name begins with.
SELECT a.id, a.actor, a.actor_id, COALESCE(s.name, u.name) AS actor_name, a.act, a.subject, a.details, a.at, a.log_index
FROM acts a
LEFT JOIN staff s ON s.id = a.actor_id AND a.actor = 'staff'
LEFT JOIN accounts u ON u.id = a.actor_id AND a.actor IN ('user', 'legal_person')
WHERE a.id < :before AND a.id >= :since
  AND CASE WHEN :act = '' THEN TRUE ELSE a.act = :act OR substr(a.act, 1, length(:act) + 1) = :act || '.' END
ORDER BY a.id DESC LIMIT :most;

-- name: find^
-- A row as the log commits to it, with its place there.
SELECT id, actor, actor_id, act, subject, details, at, log_index FROM acts WHERE id = :id;

-- name: staff_named
-- The whole table, of some hundreds; who was disabled too.
SELECT id FROM staff WHERE lower(name) LIKE :name ESCAPE '!' ORDER BY id LIMIT :most;
