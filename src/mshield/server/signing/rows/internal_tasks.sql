-- name: find^
-- A waiting document is returned again: a repeated request makes no second one. A renewal's documents are separate.
SELECT sid FROM tasks WHERE uid = :uid AND purpose = :purpose AND state = 'waiting' AND request_id IS NULL
  AND expires_at > :until AND sid NOT IN (SELECT confirm_sid FROM renewals WHERE uid = :uid AND confirm_sid IS NOT NULL)
LIMIT 1;

-- name: insert!
INSERT INTO tasks (sid, request_id, position, uid, purpose, state, message, media_type, title, display, created_at, expires_at)
VALUES (:sid, NULL, 0, :uid, :purpose, 'waiting', :message, 'application/octet-stream', :title, '[]', :now, :expires_at);

-- name: second_key^
-- A new key under the present PIN that exists and isn't in force yet.
SELECT n.uid FROM certificates c
JOIN renewals r ON r.old_serial = c.serial AND r.state IN ('begun', 'issued') AND r.expires_at > :now
JOIN keys n ON n.uid = r.uid AND n.uid <> c.uid AND n.public_key IS NOT NULL
WHERE c.uid = :uid;
