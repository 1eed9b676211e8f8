-- name: has_shield^
-- Whether this device has a shield of the account that may sign.
SELECT k.uid FROM keys k JOIN certificates c ON c.serial = k.certificate
WHERE k.device_id = :device_id AND k.account_id = :account_id AND usable(c) LIMIT 1;

-- name: signed^
-- What the device's shield signed for this purpose, if the document isn't used up and its certificate is in force.
SELECT s.signature, s.uid, k.public_key, t.message FROM signatures s
JOIN tasks t ON t.sid = s.sid
JOIN keys k ON k.uid = s.uid
JOIN certificates c ON c.serial = k.certificate
WHERE s.sid = :sid AND k.device_id = :device_id AND k.account_id = :account_id AND s.purpose = :purpose AND t.purpose = :purpose
  AND t.expires_at > :now AND usable(c);

-- name: spend!
UPDATE tasks SET expires_at = :now WHERE sid = :sid AND state = 'signed' AND expires_at > :now;
