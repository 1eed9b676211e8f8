-- name: shield_of_device^
-- The account that a device belongs to since it applied (R7), with its newest certificate of all states and that one's key.
SELECT d.id AS device_id, d.account_id, d.shield_number,
  c.serial, c.state AS certificate_state, c.holds, c.not_before, c.not_after, sealed(keys AS k)
FROM devices d
LEFT JOIN certificates c ON c.serial = (
  SELECT n.serial FROM certificates n JOIN keys o ON o.certificate = n.serial
  WHERE n.device_id = d.id AND n.account_id = d.account_id ORDER BY n.issued_at DESC, n.serial DESC LIMIT 1)
LEFT JOIN keys k ON k.certificate = c.serial
WHERE d.jkt = :jkt AND d.account_id IS NOT NULL;

-- name: end_earlier!
-- One at a time for each phone.
UPDATE unlocks SET ended_at = :now WHERE device_id = :device_id AND ended_at IS NULL;

-- name: insert!
INSERT INTO unlocks (token_hash, account_id, device_id, uid, sid, created_at, expires_at, ended_at, mark)
VALUES (:token_hash, :account_id, :device_id, :uid, :sid, :now, :expires_at, NULL, :mark);

-- name: find^
-- The device's key is part of the mark, so nothing else need be asked here.
SELECT account_id, device_id, uid, sid, expires_at, mark FROM unlocks
WHERE token_hash = :token_hash AND ended_at IS NULL AND expires_at > :now;

-- name: use!
UPDATE unlocks SET ended_at = :now WHERE token_hash = :token_hash AND ended_at IS NULL AND expires_at > :now;

-- name: signed^
-- What was signed for it, and with which key, if that one's certificate is still in force.
SELECT s.digest, s.signature, k.public_key, t.message FROM signatures s
JOIN tasks t ON t.sid = s.sid
JOIN keys k ON k.uid = s.uid
JOIN certificates c ON c.serial = k.certificate
WHERE s.sid = :sid AND s.uid = :uid AND s.purpose = 'unlock' AND t.purpose = 'unlock' AND usable(c);

-- name: purge!
DELETE FROM unlocks WHERE expires_at <= :before;
