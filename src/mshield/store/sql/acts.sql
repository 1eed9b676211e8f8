-- name: insert!
INSERT INTO acts (id, actor, actor_id, act, subject, details, at)
VALUES (:id, :actor, :actor_id, :act, :subject, :details, :now);

-- name: of_subject
SELECT id, actor, actor_id, act, subject, details, at FROM acts WHERE subject = :subject ORDER BY id;

-- name: page
-- Newest first; an empty subject and an empty actor stand for all.
SELECT id, actor, actor_id, act, subject, details, at FROM acts
WHERE id < :before AND (subject = :subject OR :subject = '') AND (actor_id = :actor_id OR :actor_id = '')
ORDER BY id DESC LIMIT :most;
