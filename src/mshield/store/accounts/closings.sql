-- name: insert!
INSERT INTO closings (id, account_id, asked_at, due_at, state) VALUES (:id, :account_id, :now, :due_at, 'waiting');

-- name: waiting^
SELECT id, account_id, asked_at, due_at, state, seal_version, seal FROM closings WHERE account_id = :account_id AND state = 'waiting';

-- name: find^
SELECT id, account_id, asked_at, due_at, state, seal_version, seal FROM closings WHERE id = :id;

-- name: due
SELECT id FROM closings WHERE state = 'waiting' AND due_at <= :now ORDER BY due_at LIMIT :most;

-- name: has_shield^
-- Whether this device has a shield of the account that may sign.
SELECT k.uid FROM keys k JOIN certificates c ON c.serial = k.certificate
WHERE k.device_id = :device_id AND k.account_id = :account_id AND usable(c) LIMIT 1;

-- name: signed^
-- What its shield signed for a closing, not for one that was asked for since, while its certificate is in force.
SELECT s.signature, s.uid, k.public_key, t.message FROM signatures s
JOIN tasks t ON t.sid = s.sid
JOIN keys k ON k.uid = s.uid
JOIN certificates c ON c.serial = k.certificate
WHERE s.sid = :sid AND k.device_id = :device_id AND k.account_id = :account_id AND s.purpose = 'close' AND t.purpose = 'close'
  AND t.expires_at > :now AND usable(c)
  AND NOT EXISTS (SELECT 1 FROM closings l WHERE l.account_id = :account_id AND l.asked_at >= t.created_at);

-- name: end!
UPDATE closings SET state = :state, ended_at = :now WHERE id = :id AND state = 'waiting';

-- name: standing
-- What of the account's certificates nobody has ended, be it signed or not.
SELECT serial FROM certificates WHERE account_id = :account_id AND NOT ended(certificates) ORDER BY serial;

-- name: shields
SELECT DISTINCT shield_number FROM certificates WHERE account_id = :account_id AND NOT ended(certificates) ORDER BY shield_number;

-- name: release!
-- What a closed account with certificates needs no more: the number is free for a new account, and nobody logs in.
UPDATE accounts SET phone = :unnamed, password_hash = '', external_id = NULL, state = 'disabled', disabled_at = :now,
  disabled_reason = :reason
WHERE id = :id;

-- name: drop_notices!
DELETE FROM notifications WHERE account_id = :account_id AND state = 'waiting' AND phone IS NULL;
