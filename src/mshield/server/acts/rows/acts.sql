-- name: insert!
INSERT INTO acts (id, actor, actor_id, act, subject, details, at)
VALUES (:id, :actor, :actor_id, :act, :subject, :details, :now);

-- name: page
-- Newest first, of any subject and actor; an empty word matches all. An act is given as its whole name or the
-- beginning of it.
SELECT a.id, a.actor, a.actor_id, COALESCE(s.name, u.name) AS actor_name, a.act, a.subject, a.details, a.at, a.log_index
FROM acts a
LEFT JOIN staff s ON s.id = a.actor_id AND a.actor = 'staff'
LEFT JOIN accounts u ON u.id = a.actor_id AND a.actor IN ('user', 'legal_person')
WHERE a.id < :before AND a.id >= :since
  AND CASE WHEN :act = '' THEN TRUE ELSE a.act = :act OR substr(a.act, 1, length(:act) + 1) = :act || '.' END
ORDER BY a.id DESC LIMIT :most;

-- name: find^
-- An act as the log commits to it, with its index there.
SELECT id, actor, actor_id, act, subject, details, at, log_index FROM acts WHERE id = :id;

-- name: staff_named
-- Scans the whole table of some hundred members, including disabled ones.
SELECT id FROM staff WHERE lower(name) LIKE :name ESCAPE '!' ORDER BY id LIMIT :most;
