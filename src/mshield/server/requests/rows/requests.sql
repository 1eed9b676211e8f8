-- name: find_by_idempotency_key^
SELECT id, kind, channel, state, number, body_hash, created_at, expires_at FROM requests
WHERE client_id = :client_id AND idempotency_key = :idempotency_key;

-- name: cancel!
-- Cancels an open request, if it is in this one of the two states: each state locks rows in a different order.
UPDATE requests SET state = 'cancelled', changed_at = :now
WHERE id = :id AND client_id = :client_id AND state IN ('waiting', 'scanned') AND state = :state AND expires_at > :now;

-- name: end_of_system
-- All open requests in this state. No request is older than its maximum lifetime, so the range of ids limits the rows
-- read.
UPDATE requests SET state = 'cancelled', changed_at = :now
WHERE id >= :since AND client_id = :client_id AND state = :state AND expires_at > :now
RETURNING id;

-- name: close_tasks_of_system!
UPDATE tasks SET state = 'closed'
WHERE state = 'waiting' AND request_id IN (
  SELECT id FROM requests WHERE id >= :since AND client_id = :client_id AND state IN ('scanned', 'cancelled'));

-- name: inbox_of_usable_shield^
-- No row unless this shield can sign; with the number of requests of this system that wait in its inbox.
SELECT (SELECT COUNT(*) FROM requests r WHERE r.shield_number = :shield_number AND r.expires_at > :now
    AND r.client_id = :client_id AND r.state = 'waiting') AS waiting
FROM devices d JOIN certificates c ON c.device_id = d.id
WHERE d.shield_number = :shield_number AND usable(c) LIMIT 1;

-- name: close_tasks!
UPDATE tasks SET state = 'closed' WHERE request_id = :request_id AND state = 'waiting';

-- name: result
SELECT CAST(:call AS INTEGER) AS call, r.id, r.kind, r.channel, r.state, r.expires_at, r.fetched_at, t.state AS task_state, t.reason AS left_out,
  t.content, t.prepared, t.erased_at, s.signature, s.signed_at, s.shown, s.confirmed, c.serial, c.der, c.issuer, c.state AS certificate_state, c.holds, c.issued_at, c.changed_at, c.revoked_at, c.revocation_reason,
  c.held_since, sealed(tasks AS t), sealed(signatures AS s), sealed(certificates AS c)
FROM requests r
LEFT JOIN tasks t ON t.request_id = r.id
LEFT JOIN signatures s ON s.sid = t.sid
LEFT JOIN certificates c ON c.serial = s.serial
WHERE r.id = :id AND r.client_id = :client_id ORDER BY t.position;
