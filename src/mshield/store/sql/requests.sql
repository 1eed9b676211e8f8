-- name: find_by_idempotency_key^
SELECT id, kind, channel, state, reason, number, qr_key, body_hash, expires_at FROM requests
WHERE client_id = :client_id AND idempotency_key = :idempotency_key;

-- name: find_state^
SELECT id, kind, state, reason, expires_at FROM requests WHERE id = :id AND client_id = :client_id;

-- name: cancel!
UPDATE requests SET state = 'cancelled', changed_at = :now
WHERE id = :id AND client_id = :client_id AND state IN ('waiting', 'scanned') AND expires_at > :now;

-- name: usable_key^
-- The key with which this device may answer, and the filing's version as certified and as it is now.
SELECT k.uid, c.state, c.holds, c.not_after, c.filing_version, f.version + e.version AS filed_version
FROM certificates c
JOIN keys k ON k.certificate = c.serial
JOIN filed_persons f ON f.id = c.person_id
JOIN enterprises e ON e.credit_code = f.credit_code
WHERE c.device_id = :device_id AND c.account_id = :account_id AND c.state NOT IN ('revoked', 'superseded')
ORDER BY c.issued_at DESC LIMIT 1;

-- name: asker^
SELECT client_id FROM requests WHERE id = :id AND qr_key = :qr_key AND channel = :channel;

-- name: scan^
-- The first phone that shows the right code takes the request; the same phone may take it again.
UPDATE requests SET state = 'scanned', uid = :uid, changed_at = :now
WHERE id = :id AND qr_key = :qr_key AND channel = :channel AND expires_at > :now
  AND (state = 'waiting' OR (state = 'scanned' AND uid = :uid))
RETURNING id;

-- name: claim_tasks!
UPDATE tasks SET uid = :uid WHERE request_id = :request_id AND (uid IS NULL OR uid = :uid);

-- name: find_scanned^
SELECT r.id, r.kind, r.state, r.number, r.qr_key, r.pc_address, r.pc_browser, r.expires_at, r.created_at, b.name, b.domain
FROM requests r JOIN business_systems b ON b.client_id = r.client_id WHERE r.id = :id;

-- name: tasks_of_request
SELECT t.sid, t.uid, t.purpose, t.state, t.message, t.media_type, t.title, t.display, t.expires_at
FROM tasks t WHERE t.request_id = :request_id ORDER BY t.position;

-- name: find_task^
SELECT t.sid, t.uid, t.purpose, t.state, t.message, t.media_type, t.title, t.display, t.expires_at,
  r.pc_address, r.pc_browser, b.name, b.domain
FROM tasks t
JOIN keys k ON k.uid = t.uid AND k.device_id = :device_id AND k.account_id = :account_id
LEFT JOIN requests r ON r.id = t.request_id
LEFT JOIN business_systems b ON b.client_id = r.client_id
WHERE t.sid = :sid;

-- name: decline!
UPDATE requests SET state = 'declined', reason = :reason, changed_at = :now
WHERE id = :id AND state = 'scanned' AND expires_at > :now
  AND uid IN (SELECT uid FROM keys WHERE device_id = :device_id AND account_id = :account_id);

-- name: close_tasks!
UPDATE tasks SET state = 'closed' WHERE request_id = :request_id AND state = 'waiting';

-- name: result
SELECT r.id, r.kind, r.state, r.expires_at, t.title, t.message, s.signature, s.signed_at,
  c.serial, c.der, c.common_name, c.organisation, c.credit_code, c.role, c.shield_number
FROM requests r
LEFT JOIN tasks t ON t.request_id = r.id
LEFT JOIN signatures s ON s.sid = t.sid
LEFT JOIN certificates c ON c.serial = s.serial
WHERE r.id = :id AND r.client_id = :client_id ORDER BY t.position;
