-- name: insert_endpoint!
INSERT INTO webhook_endpoints (id, client_id, url, state, reason, secret_box, previous_box, previous_until, created_at, changed_at)
VALUES (:id, :client_id, :url, 'active', NULL, :secret_box, NULL, NULL, :now, :now);

-- name: list_endpoints
-- All endpoints that are not removed, oldest first, with the state of their deliveries; an empty client id matches all
-- systems.
SELECT sealed(webhook_endpoints AS e), e.state, e.reason, e.secret_box, e.previous_box, e.previous_until, e.created_at,
  (SELECT COUNT(*) FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.state = 'waiting') AS waiting,
  (SELECT COUNT(*) FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.state = 'dead') AS dead
FROM webhook_endpoints e WHERE e.state <> 'removed' AND (e.client_id = :client_id OR :client_id = '') ORDER BY e.id;

-- name: find_endpoint^
SELECT sealed(webhook_endpoints AS e), e.state, e.reason, e.secret_box, e.previous_box, e.previous_until, e.created_at
FROM webhook_endpoints e WHERE e.id = :id AND e.state <> 'removed';

-- name: rotate!
-- The present secret becomes the previous one; guarded by it, so that of two changes none is lost.
UPDATE webhook_endpoints SET previous_box = secret_box, previous_until = :previous_until, secret_box = :secret_box, changed_at = :now
WHERE id = :id AND secret_box = :old_box AND state <> 'removed';

-- name: enable!
UPDATE webhook_endpoints SET state = 'active', reason = NULL, changed_at = :now WHERE id = :id AND state = 'disabled';

-- name: disable!
UPDATE webhook_endpoints SET state = 'disabled', reason = :reason, changed_at = :now WHERE id = :id AND state = 'active';

-- name: remove!
UPDATE webhook_endpoints SET state = 'removed', secret_box = NULL, previous_box = NULL, changed_at = :now
WHERE id = :id AND state <> 'removed';

-- name: bury!
-- Gives up the waiting deliveries of an endpoint that accepts no more.
UPDATE webhook_deliveries SET state = 'dead', error = :error, ended_at = :now WHERE endpoint_id = :endpoint_id AND state = 'waiting';

-- name: any_unannounced^
SELECT 1 AS one FROM requests WHERE to_tell AND state NOT IN ('waiting', 'scanned') LIMIT 1;

-- name: left_out
SELECT position FROM tasks WHERE request_id = :request_id AND state = 'declined' ORDER BY position;

-- name: unannounced
-- Requests that ended or expired and whose webhooks are not queued yet.
SELECT id, client_id, kind, state, reason, oidc, expires_at, changed_at FROM requests
WHERE to_tell AND (state NOT IN ('waiting', 'scanned') OR expires_at <= :now)
ORDER BY expires_at LIMIT :most;

-- name: expire!
UPDATE requests SET state = 'expired', changed_at = :now
WHERE id = :id AND state IN ('waiting', 'scanned') AND expires_at <= :now;

-- name: mark_announced!
-- Touches no row if another process has done it.
UPDATE requests SET to_tell = FALSE WHERE id = :id AND to_tell AND state = :state;

-- name: endpoints_of
SELECT id, state, reason FROM webhook_endpoints WHERE client_id = :client_id AND state <> 'removed';

-- name: insert_delivery!
-- For an endpoint that accepts nothing now, the delivery is given up from the start and can be replayed by hand.
INSERT INTO webhook_deliveries (id, endpoint_id, request_id, event, body, state, attempts, next_at, error, created_at, ended_at, mark)
VALUES (:id, :endpoint_id, :request_id, :event, :body, :state, 0, :now, :error, :now, :ended_at, :mark)
ON CONFLICT (endpoint_id, request_id) DO NOTHING;

-- name: due
-- A few of each endpoint, so that one with many deliveries doesn't hold up the others.
SELECT d.id, d.endpoint_id, d.request_id, d.event, d.body, d.mark, d.attempts, d.created_at, sealed(webhook_endpoints AS e),
  e.secret_box, e.previous_box, e.previous_until
FROM (
  SELECT id, endpoint_id, request_id, event, body, mark, attempts, created_at, next_at,
    ROW_NUMBER() OVER (PARTITION BY endpoint_id ORDER BY next_at, id) AS place
  FROM webhook_deliveries WHERE state = 'waiting' AND next_at <= :now) d
JOIN webhook_endpoints e ON e.id = d.endpoint_id AND e.state = 'active'
WHERE d.place <= :most_each
ORDER BY d.next_at LIMIT :most;

-- name: begin_attempt!
UPDATE webhook_deliveries SET attempts = attempts + 1, next_at = :next_at
WHERE id = :id AND attempts = :attempts AND state = 'waiting';

-- name: note_failure!
UPDATE webhook_deliveries SET status = :status, error = :error, next_at = :next_at WHERE id = :id AND state = 'waiting';

-- name: end_delivery!
UPDATE webhook_deliveries SET state = :state, status = :status, error = :error, ended_at = :now
WHERE id = :id AND state = 'waiting';

-- name: list_deliveries
SELECT id, endpoint_id, request_id, event, state, attempts, CASE WHEN state = 'waiting' THEN next_at END AS next_at,
  status, error, created_at, ended_at
FROM webhook_deliveries
WHERE (:endpoint_id = '' OR endpoint_id = :endpoint_id) AND (:state = '' OR state = :state)
ORDER BY created_at DESC, id LIMIT :most;

-- name: replay!
-- Includes deliveries that wait for their next attempt. One in progress may so be sent twice, with the same id.
UPDATE webhook_deliveries SET state = 'waiting', attempts = 0, next_at = :now, status = NULL, error = NULL, ended_at = NULL
WHERE id = :id AND endpoint_id IN (SELECT id FROM webhook_endpoints WHERE state = 'active');

-- name: replay_undelivered!
-- Failed deliveries, given up or waiting for a retry. Those that haven't failed yet are on their way anyway.
UPDATE webhook_deliveries SET state = 'waiting', attempts = 0, next_at = :now, status = NULL, error = NULL, ended_at = NULL
WHERE (state = 'dead' OR (state = 'waiting' AND error IS NOT NULL)) AND endpoint_id = :endpoint_id
  AND endpoint_id IN (SELECT id FROM webhook_endpoints WHERE state = 'active');

-- name: purge!
DELETE FROM webhook_deliveries WHERE (state = 'sent' AND ended_at < :sent_before) OR (state = 'dead' AND ended_at < :dead_before);
