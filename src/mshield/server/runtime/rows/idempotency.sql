-- name: begin^
-- No row: the call is answered, or in progress. A call whose process died is taken over, but only by the same request.
INSERT INTO idempotency (call, request_hash, holder, held_until, created_at)
VALUES (:call, :request_hash, :holder, :held_until, :now)
ON CONFLICT (call) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
WHERE idempotency.status IS NULL AND idempotency.held_until <= :now
  AND idempotency.request_hash = excluded.request_hash
RETURNING holder;

-- name: find^
SELECT request_hash, answer_box FROM idempotency WHERE call = :call;

-- name: keep!
UPDATE idempotency SET status = :status, answer_box = :answer_box
WHERE call = :call AND holder = :holder AND status IS NULL;

-- name: abandon!
DELETE FROM idempotency WHERE call = :call AND holder = :holder AND status IS NULL;

-- name: purge!
DELETE FROM idempotency WHERE created_at <= :before;
