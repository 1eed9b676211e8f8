-- Each statement selects requests by id, since ids are ordered by creation time and need no extra index. `after`
-- (exclusive) and `last` (inclusive) are ids.

-- name: ids
SELECT id FROM requests WHERE id > :after AND id < :before ORDER BY id LIMIT :most;

-- name: whole_messages
-- Documents signed without a wrapper, and logins: the message that is erased is sealed.
SELECT sealed(tasks AS t) FROM tasks t JOIN requests r ON r.id = t.request_id
WHERE r.id > :after AND r.id <= :last AND r.state = 'signed' AND r.kind = :kind AND r.client_id <> :own
  AND COALESCE(r.fetched_at, 0) < :fetched_before
  AND t.erased_at IS NULL AND t.content IS NULL AND t.size IS NULL
ORDER BY t.sid;

-- name: erase_message!
-- No-op if the document was changed since it was read.
UPDATE tasks SET message = :empty, size = :size, erased_digest = :digest, erased_at = :now,
  seal_version = :version, seal = :seal
WHERE sid = :sid AND seal_version = :was AND state <> 'waiting';

-- name: erase_contents!
UPDATE tasks SET size = COALESCE(size, LENGTH(content)), content = NULL, prepared = NULL, erased_at = :now
WHERE erased_at IS NULL AND content IS NOT NULL AND request_id IN (
  SELECT r.id FROM requests r
  WHERE r.id > :after AND r.id <= :last AND r.state = 'signed' AND r.kind = 'signature' AND r.client_id <> :own
    AND COALESCE(r.fetched_at, 0) < :fetched_before);

-- name: count_contents^
SELECT COUNT(*) AS rows, COALESCE(SUM(COALESCE(LENGTH(t.content), LENGTH(t.message))), 0) AS octets
FROM tasks t JOIN requests r ON r.id = t.request_id
WHERE r.id > :after AND r.id < :before AND r.state = 'signed' AND r.kind = 'signature' AND r.client_id <> :own
  AND COALESCE(r.fetched_at, 0) < :fetched_before
  AND t.erased_at IS NULL AND (t.content IS NOT NULL OR t.size IS NULL);

-- name: delete_authorizations!
DELETE FROM oidc_authorizations WHERE request_id IN (
  SELECT r.id FROM requests r WHERE r.id > :after AND r.id <= :last AND unanswered(r));

-- name: delete_tasks!
DELETE FROM tasks WHERE request_id IN (
  SELECT r.id FROM requests r WHERE r.id > :after AND r.id <= :last AND unanswered(r));

-- name: delete_requests!
-- Its documents were deleted before: a request that still has some hasn't ended.
DELETE FROM requests WHERE id > :after AND id <= :last AND state <> 'signed' AND expires_at < :ended_before AND client_id <> :own
  AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.request_id = requests.id);

-- name: count_unanswered^
SELECT COUNT(*) AS rows, 0 AS octets FROM requests r WHERE r.id > :after AND r.id < :before AND unanswered(r);

-- name: erase_personal!
UPDATE requests SET pc_address = NULL, pc_browser = NULL, return_url = NULL, idempotency_key = NULL, oidc = NULL,
  mark = NULL, body_hash = :empty
WHERE id > :after AND id <= :last AND state = 'signed' AND client_id <> :own;

-- name: count_personal^
SELECT COUNT(*) AS rows, 0 AS octets FROM requests r
WHERE r.id > :after AND r.id < :before AND r.state = 'signed' AND r.client_id <> :own;

-- name: own_tasks
-- Documents of the protocol itself that nobody signed.
SELECT expires_at FROM tasks WHERE request_id IS NULL AND expires_at > :after AND expires_at < :before
ORDER BY expires_at LIMIT :most;

-- name: delete_own_tasks!
DELETE FROM tasks WHERE request_id IS NULL AND expires_at > :after AND expires_at <= :last
  AND NOT EXISTS (SELECT 1 FROM signatures s WHERE s.sid = tasks.sid);

-- name: count_own_tasks^
SELECT COUNT(*) AS rows, 0 AS octets FROM tasks t WHERE t.request_id IS NULL AND t.expires_at > :after AND t.expires_at < :before
  AND NOT EXISTS (SELECT 1 FROM signatures s WHERE s.sid = t.sid);

-- name: fetched!
-- The first fetch after a request's lifetime is recorded; fetching in time writes nothing.
UPDATE requests SET fetched_at = :now WHERE id = :id AND fetched_at IS NULL;

-- name: erased_beyond
-- Signed documents without content that belong to the service itself or were made since an id: none of them may be
-- erased yet.
SELECT t.sid, t.request_id, s.uid FROM requests r JOIN tasks t ON t.request_id = r.id JOIN signatures s ON s.sid = t.sid
WHERE (r.id > :since OR r.client_id = :own) AND r.kind = :kind
  AND (t.erased_at IS NOT NULL
    OR (t.content IS NULL AND t.size IS NOT NULL AND t.format NOT IN ('cms_detached', 'gb35275_detached')))
  AND (t.request_id > :after OR (t.request_id = :after AND t.sid > :after_sid))
ORDER BY t.request_id, t.sid LIMIT :limit;

-- name: signed_by
-- Documents that a key signed for business systems whose requests have ended, in the order of signing.
SELECT s.signed_at, t.content IS NULL AND t.size IS NULL AS is_whole, r.id AS request_id, sealed(tasks AS t)
FROM signatures s JOIN tasks t ON t.sid = s.sid JOIN requests r ON r.id = t.request_id
WHERE s.uid = :uid AND r.expires_at < :ended_before AND r.client_id <> :own
  AND (s.signed_at > :after_at OR (s.signed_at = :after_at AND s.sid > :after_sid))
ORDER BY s.signed_at, s.sid LIMIT :most;

-- name: count_signed_by^
-- The number of them of which something is left to erase.
SELECT COUNT(*) AS rows FROM signatures s JOIN tasks t ON t.sid = s.sid JOIN requests r ON r.id = t.request_id
WHERE s.uid = :uid AND r.expires_at < :ended_before AND r.client_id <> :own
  AND (t.content IS NOT NULL OR t.size IS NULL OR t.drawing IS NOT NULL OR r.pc_address IS NOT NULL);

-- name: erase_content_of!
UPDATE tasks SET size = COALESCE(size, LENGTH(content)), content = NULL, prepared = NULL, erased_at = :now
WHERE sid = :sid AND erased_at IS NULL AND content IS NOT NULL;

-- name: erase_drawing_of!
UPDATE tasks SET drawing = NULL WHERE sid = :sid AND drawing IS NOT NULL;

-- name: erase_personal_of!
UPDATE requests SET pc_address = NULL, pc_browser = NULL, return_url = NULL, idempotency_key = NULL, oidc = NULL,
  mark = NULL, body_hash = :empty
WHERE id = :id AND (pc_address IS NOT NULL OR pc_browser IS NOT NULL OR return_url IS NOT NULL
  OR idempotency_key IS NOT NULL OR oidc IS NOT NULL OR body_hash <> :empty);
