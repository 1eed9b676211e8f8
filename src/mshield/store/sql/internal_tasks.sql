-- name: find^
-- One that still waits is given again: a repeated request makes no second one.
SELECT sid FROM tasks WHERE uid = :uid AND purpose = :purpose AND state = 'waiting' AND request_id IS NULL
  AND expires_at > :until
LIMIT 1;

-- name: insert!
INSERT INTO tasks (sid, request_id, position, uid, purpose, state, message, media_type, title, display, created_at, expires_at)
VALUES (:sid, NULL, 0, :uid, :purpose, 'waiting', :message, 'application/octet-stream', :title, '[]', :now, :expires_at);
