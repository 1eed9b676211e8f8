-- name: insert!
INSERT INTO acts (id, actor, actor_id, act, subject, details, at)
VALUES (:id, :actor, :actor_id, :act, :subject, :details, :now);

-- name: of_subject
SELECT id, actor, actor_id, act, subject, details, at FROM acts WHERE subject = :subject ORDER BY id;
