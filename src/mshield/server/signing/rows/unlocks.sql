-- name: shield_of_device^
-- The account to which a device belongs since it applied (R7), with its newest certificate in any state and that
-- certificate's key.
SELECT d.id AS device_id, d.account_id, d.shield_number,
  c.serial, c.state AS certificate_state, c.holds, c.not_before, c.not_after, sealed(keys AS k)
FROM devices d
LEFT JOIN keys k ON k.uid = (
  SELECT o.uid FROM keys o JOIN certificates n ON n.serial = o.certificate
  WHERE o.device_id = d.id AND n.device_id = d.id AND n.account_id = d.account_id
  ORDER BY n.issued_at DESC, n.serial DESC LIMIT 1)
LEFT JOIN certificates c ON c.serial = k.certificate
WHERE d.jkt = :jkt AND d.account_id IS NOT NULL;

-- name: end_earlier!
-- A phone has at most one unlock at a time.
UPDATE unlocks SET ended_at = :now WHERE device_id = :device_id AND ended_at IS NULL;

-- name: insert!
INSERT INTO unlocks (token_hash, account_id, device_id, uid, sid, created_at, expires_at, ended_at, mark, login_sid, login_mark)
VALUES (:token_hash, :account_id, :device_id, :uid, :sid, :now, :expires_at, NULL, :mark, :login_sid, :login_mark);

-- name: find^
-- The device's key is part of the mark. It is compared here too: otherwise a token used with another key would look
-- like a tampered row.
SELECT u.account_id, u.device_id, u.uid, u.sid, u.expires_at, u.mark, u.login_sid, u.login_mark FROM unlocks u
JOIN devices d ON d.id = u.device_id AND d.jkt = :jkt
WHERE u.token_hash = :token_hash AND u.ended_at IS NULL AND u.expires_at > :now;

-- name: login_task^
-- The login to be signed with the unlock, if this key may sign it: it is still waiting for a phone, or this key has
-- accepted it. Otherwise it is closed for this key.
SELECT t.sid AS task_sid, t.purpose AS task_purpose, t.message AS task_message, t.display AS task_display,
  t.expires_at AS task_expires_at, t.request_id AS task_request_id, FALSE AS task_unbound,
  CASE WHEN t.uid = :uid AND r.uid = :uid AND r.state = 'scanned' THEN t.state
    WHEN t.uid IS NULL AND r.state = 'waiting' AND (r.shield_number IS NULL OR r.shield_number = :shield_number)
      AND (SELECT b.state FROM business_systems b WHERE b.client_id = r.client_id) = 'active' THEN t.state
    ELSE 'closed' END AS task_state
FROM tasks t JOIN requests r ON r.id = t.request_id
WHERE t.sid = :sid AND t.purpose = 'login' AND r.kind = 'login' AND r.channel = 'qr';

-- name: take_login^
-- Accepts the login as a scan does (requests/scans.sql).
UPDATE requests SET state = 'scanned', uid = :uid, changed_at = :now
WHERE id = :request_id AND kind = 'login' AND channel = 'qr' AND state = 'waiting' AND expires_at > :now
  AND (shield_number IS NULL OR shield_number = :shield_number)
  AND (SELECT b.state FROM business_systems b WHERE b.client_id = requests.client_id) = 'active'
RETURNING id;

-- name: take_login_task!
UPDATE tasks SET uid = :uid WHERE request_id = :request_id AND uid IS NULL;

-- name: use!
UPDATE unlocks SET ended_at = :now WHERE token_hash = :token_hash AND ended_at IS NULL AND expires_at > :now;

-- name: signed^
-- The signature over the unlock, and its key, if that key's certificate is still in force.
SELECT s.signature, k.public_key, t.message FROM signatures s
JOIN tasks t ON t.sid = s.sid
JOIN keys k ON k.uid = s.uid
JOIN certificates c ON c.serial = k.certificate
WHERE s.sid = :sid AND s.uid = :uid AND s.purpose = 'unlock' AND t.purpose = 'unlock' AND usable(c);

-- name: purge!
DELETE FROM unlocks WHERE expires_at <= :before;
