-- name: usable_key
-- The key with which the caller's device may answer, and the filing's version as certified and at present. No row if
-- the login is invalid, a row of nulls if the device has no such certificate.
SELECT CAST(:call AS INTEGER) AS call, p.account_id AS login_account_id, p.device_id AS login_device_id,
  p.expires_at AS login_expires_at, p.mark AS login_mark,
  k.uid, c.shield_number, c.state, c.holds, c.not_after, c.filing_version,
  f.version + e.version AS filed_version
FROM phone_sessions p
JOIN devices d ON d.id = p.device_id AND d.jkt = :jkt
JOIN accounts a ON a.id = p.account_id AND a.state = 'active'
LEFT JOIN certificates c ON c.serial = (
  SELECT n.serial FROM certificates n JOIN keys o ON o.device_id = n.device_id AND o.certificate = n.serial
  WHERE n.device_id = p.device_id AND n.account_id = p.account_id AND NOT ended(n)
  ORDER BY n.issued_at DESC LIMIT 1)
LEFT JOIN keys k ON k.device_id = c.device_id AND k.certificate = c.serial
LEFT JOIN filed_persons f ON f.id = c.person_id
LEFT JOIN enterprises e ON e.credit_code = f.credit_code
WHERE p.token_hash = :token_hash AND p.ended_at IS NULL AND p.expires_at > :now;

-- name: asker^
SELECT client_id FROM requests WHERE id = :id AND channel = :channel;

-- name: begun
-- Requests between two ids that wait, or were accepted and not answered: ids are ordered by time.
SELECT id FROM requests
WHERE id >= :first AND id < :last AND state IN ('waiting', 'scanned') AND channel = 'qr' AND expires_at > :now
ORDER BY id LIMIT :most;

-- name: inbox
-- Newest first: if more are waiting than are returned, a request made just now must be included. Requests already
-- accepted by this key are included, since the phone stores only one and couldn't return to an earlier one.
SELECT r.id, r.kind, r.pc_address, r.pc_browser, r.created_at, r.expires_at, r.client_id, r.asker_name, r.asker_domain,
  r.channel, r.number, r.shield_number, r.return_url, r.mark,
  (SELECT t.title FROM tasks t WHERE t.request_id = r.id AND t.position = 0) AS title,
  (SELECT COUNT(*) FROM tasks t WHERE t.request_id = r.id) AS documents
FROM requests r
WHERE r.shield_number = :shield_number AND r.expires_at > :now
  AND (r.state = 'waiting' OR r.state = 'scanned' AND r.uid = :uid)
  AND (SELECT s.state FROM business_systems s WHERE s.client_id = r.client_id) = 'active'
ORDER BY r.created_at DESC, r.id DESC LIMIT :most;

-- name: find_task^
SELECT t.sid, t.uid, t.purpose, t.state, t.message, t.media_type, t.title, t.display, t.format, t.content, t.size,
  t.prepared,
  t.expires_at, r.id, r.kind, r.channel, r.number, r.shield_number, r.return_url, r.mark, r.pc_address, r.pc_browser,
  r.client_id, r.asker_name, r.asker_domain
FROM tasks t
JOIN keys k ON k.uid = t.uid AND k.device_id = :device_id AND k.account_id = :account_id
LEFT JOIN requests r ON r.id = t.request_id
WHERE t.sid = :sid;

-- name: set_message!
-- Sets the message to sign, which contains data known only at the scan.
UPDATE tasks SET message = :message WHERE sid = :sid AND message = :was AND state = 'waiting';

-- name: decline!
UPDATE requests SET state = 'declined', reason = :reason, changed_at = :now
WHERE id = :id AND state = 'scanned' AND expires_at > :now
  AND uid IN (SELECT uid FROM keys WHERE device_id = :device_id AND account_id = :account_id);

-- name: prolongable^
-- A request that this device accepted, and the number of bytes to read.
SELECT r.kind, r.state, r.expires_at, r.prolonged_at,
  (SELECT SUM(COALESCE(LENGTH(t.content), CASE WHEN t.format = 'raw' THEN LENGTH(t.message) ELSE 0 END))
   FROM tasks t WHERE t.request_id = r.id) AS size
FROM requests r
JOIN keys k ON k.uid = r.uid AND k.device_id = :device_id AND k.account_id = :account_id
WHERE r.id = :id;

-- name: prolong_tasks!
UPDATE tasks SET expires_at = expires_at + :by_ms WHERE request_id = :id AND state = 'waiting';

-- name: prolong!
-- Allowed once, for a signature that the user is reading.
UPDATE requests SET expires_at = expires_at + :by_ms, prolonged_at = :now
WHERE id = :id AND kind = 'signature' AND state = 'scanned' AND expires_at > :now AND prolonged_at IS NULL
  AND uid IN (SELECT uid FROM keys WHERE device_id = :device_id AND account_id = :account_id);

-- name: way_back^
-- A request by another app that this device accepted, and its state.
SELECT r.id, r.state, r.expires_at FROM requests r
JOIN keys k ON k.uid = r.uid AND k.device_id = :device_id AND k.account_id = :account_id
WHERE r.id = :id AND r.return_url IS NOT NULL;

-- name: return_url^
-- A request's return address, with the addresses registered for its system.
SELECT r.id, r.client_id, r.kind, r.channel, r.number, r.shield_number, r.asker_name, r.asker_domain, r.pc_address, r.pc_browser,
  r.return_url, r.mark, sealed(business_systems AS s)
FROM requests r JOIN business_systems s ON s.client_id = r.client_id WHERE r.id = :id AND r.return_url IS NOT NULL;
