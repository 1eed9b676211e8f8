-- name: page
-- Signed requests of business systems by id; ids are ordered by creation time.
SELECT id, client_id, kind, channel, state, reason, number, uid, created_at, expires_at, changed_at, shield_number,
  asker_name, asker_domain, seal_version, seal, prolonged_at, fetched_at
FROM requests
WHERE id > :after AND id < :before AND state = 'signed' AND client_id <> :own
ORDER BY id LIMIT :most;

-- name: tasks
SELECT t.sid, t.request_id, t.position, t.uid, t.purpose, t.state, t.message, t.media_type, t.title, t.display, t.created_at,
  t.expires_at, t.format, t.content, t.size, t.seal_version, t.seal, t.reason, t.prepared, t.erased_at, t.erased_digest, t.drawing
FROM tasks t JOIN requests r ON r.id = t.request_id
WHERE r.id >= :first AND r.id <= :last AND r.state = 'signed' AND r.client_id <> :own
ORDER BY t.request_id, t.position;

-- name: signatures
SELECT s.sid, s.uid, s.request_id, s.purpose, s.digest, s.signature, s.signed_at, s.serial, s.log_index, s.key_version,
  s.seal_version, s.seal, s.shown, s.confirmed, s.shield_number, s.id_number_masked, s.pages
FROM requests r JOIN tasks t ON t.request_id = r.id JOIN signatures s ON s.sid = t.sid
WHERE r.id >= :first AND r.id <= :last AND r.state = 'signed' AND r.client_id <> :own
ORDER BY s.request_id, s.sid;

-- name: time_stamps
SELECT p.id, p.sid, p.place, p.renews, p.state, p.attempts, p.next_at, p.asked_at, p.error, p.token, p.profile, p.stamped_at,
  p.good_until
FROM requests r JOIN tasks t ON t.request_id = r.id JOIN time_stamps p ON p.sid = t.sid
WHERE r.id >= :first AND r.id <= :last AND r.state = 'signed' AND r.client_id <> :own
ORDER BY p.sid, p.id;

-- name: certificates
SELECT DISTINCT c.serial, c.der, c.shield_number, c.issuer
FROM requests r JOIN tasks t ON t.request_id = r.id JOIN signatures s ON s.sid = t.sid
JOIN certificates c ON c.serial = s.serial
WHERE r.id >= :first AND r.id <= :last AND r.state = 'signed' AND r.client_id <> :own ORDER BY c.serial;

-- name: remove_time_stamps!
DELETE FROM time_stamps WHERE sid IN (
  SELECT t.sid FROM requests r JOIN tasks t ON t.request_id = r.id
  WHERE r.id >= :first AND r.id <= :last AND r.state = 'signed' AND r.client_id <> :own);

-- name: remove_signatures!
DELETE FROM signatures WHERE sid IN (
  SELECT t.sid FROM requests r JOIN tasks t ON t.request_id = r.id
  WHERE r.id >= :first AND r.id <= :last AND r.state = 'signed' AND r.client_id <> :own);

-- name: remove_tasks!
DELETE FROM tasks WHERE request_id IN (
  SELECT r.id FROM requests r WHERE r.id >= :first AND r.id <= :last AND r.state = 'signed' AND r.client_id <> :own);

-- name: remove_authorizations!
DELETE FROM oidc_authorizations WHERE request_id IN (
  SELECT r.id FROM requests r WHERE r.id >= :first AND r.id <= :last AND r.state = 'signed' AND r.client_id <> :own);

-- name: remove_requests!
DELETE FROM requests WHERE id >= :first AND id <= :last AND state = 'signed' AND client_id <> :own;
