-- name: exclude^
-- Excludes a document, if others of its request are signed in this transaction.
UPDATE tasks SET state = 'declined', reason = :reason
WHERE sid = :sid AND uid = :uid AND request_id = :request_id AND purpose = 'sign' AND state = 'waiting' AND expires_at > :now
RETURNING sid;
