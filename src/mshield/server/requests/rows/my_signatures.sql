-- name: signatures_page
-- My signatures (我的签名), newest first; those of the same moment in the order of their request's documents. before is
-- the place of the last one seen, purpose or null. f is the document, if its
-- view's lines are short enough.
SELECT s.sid, s.purpose, s.digest, s.signed_at, t.title, t.media_type, s.serial, s.confirmed, r.asker_name AS business_name,
  f.drawing, sealed(tasks AS f)
FROM signatures s
JOIN tasks t ON t.sid = s.sid
LEFT JOIN tasks f ON f.sid = s.sid AND length(f.drawing) <= :most AND length(f.message) <= :most
JOIN keys k ON k.uid = s.uid AND k.device_id = :device_id AND k.account_id = :account_id
LEFT JOIN requests r ON r.id = s.request_id
WHERE s.purpose IN ('login', 'sign') AND (CAST(:purpose AS TEXT) IS NULL OR s.purpose = CAST(:purpose AS TEXT))
  AND (s.signed_at < :before_at OR (s.signed_at = :before_at AND (COALESCE(s.request_id, ''), t.position, s.sid) > (
    SELECT COALESCE(b.request_id, ''), p.position, b.sid FROM signatures b JOIN tasks p ON p.sid = b.sid
    WHERE b.sid = :before_sid)))
ORDER BY s.signed_at DESC, COALESCE(s.request_id, ''), t.position, s.sid LIMIT :page_size;

-- name: signature^
-- One signature with what was displayed, the requester and its origin, and its certificate's present state.
SELECT s.purpose, s.digest, s.signature, s.signed_at, s.serial, s.request_id, s.confirmed, s.log_index, t.erased_digest, t.drawing,
  COALESCE(t.size, length(t.content), length(t.message)) AS size, r.pc_address, r.pc_browser, c.state, c.revoked_at,
  sealed(signatures AS s), sealed(tasks AS t), sealed(requests AS r), sealed(certificates AS c)
FROM signatures s
JOIN tasks t ON t.sid = s.sid
JOIN keys k ON k.uid = s.uid AND k.device_id = :device_id AND k.account_id = :account_id
LEFT JOIN requests r ON r.id = s.request_id
LEFT JOIN certificates c ON c.serial = s.serial
WHERE s.sid = :sid AND s.purpose IN ('login', 'sign');

-- name: of_request
-- Documents of a request that were signed by this key's phone: with this key, or with one from before a renewal.
SELECT s.sid, s.purpose, s.signed_at, t.title, t.media_type, r.asker_name AS business_name, f.drawing, sealed(tasks AS f)
FROM tasks t
JOIN signatures s ON s.sid = t.sid
LEFT JOIN tasks f ON f.sid = s.sid AND length(f.drawing) <= :most AND length(f.message) <= :most
JOIN requests r ON r.id = t.request_id
JOIN keys k ON k.uid = s.uid
JOIN keys o ON o.uid = :uid AND o.device_id = k.device_id AND o.account_id = k.account_id
WHERE t.request_id = :request_id
ORDER BY t.position;

-- name: login_place^
SELECT r.pc_browser, r.pc_address FROM requests r
JOIN keys k ON k.uid = r.uid AND k.device_id = :device_id AND k.account_id = :account_id
WHERE r.id = :id AND r.kind = 'login';

-- name: earlier_places
-- A renewed certificate may have another key, so all keys of the account are considered.
SELECT r.pc_browser, r.pc_address FROM certificates c
JOIN signatures s ON s.uid = c.uid AND s.purpose = 'login' AND s.signed_at > :since
JOIN requests r ON r.id = s.request_id
WHERE c.account_id = :account_id AND s.request_id <> :but
ORDER BY s.signed_at DESC LIMIT :most;

-- name: latest_logins
-- Logins by all the account's shields, newest first.
SELECT s.sid, s.signed_at, r.asker_name AS business_name, r.asker_domain AS domain, r.pc_browser, r.pc_address,
  d.shield_number, d.id AS device_id
FROM signatures s
JOIN keys k ON k.uid = s.uid AND k.account_id = :account_id
JOIN requests r ON r.id = s.request_id
JOIN devices d ON d.id = k.device_id
WHERE s.uid IN (SELECT c.uid FROM certificates c WHERE c.account_id = :account_id)
  AND s.purpose = 'login' AND s.signed_at > :since
ORDER BY s.signed_at DESC, s.sid LIMIT :most;

-- name: place_of^
SELECT r.client_id, t.request_id, t.position FROM signatures s
JOIN tasks t ON t.sid = s.sid
JOIN keys k ON k.uid = s.uid AND k.device_id = :device_id AND k.account_id = :account_id
JOIN requests r ON r.id = t.request_id
WHERE s.sid = :sid AND s.purpose IN ('login', 'sign');
