-- name: insert_task!
INSERT INTO tasks (sid, request_id, position, uid, purpose, state, message, media_type, title, display, created_at, expires_at)
VALUES (:sid, NULL, 0, :uid, 'bind', 'waiting', :message, 'application/json', :title, :display, :now, :expires_at);

-- name: insert!
INSERT INTO bindings (sid, account_id, device_id, shield_number, serial, certificate, client_id, asked_at)
VALUES (:sid, :account_id, :device_id, :shield_number, :serial, :serial, :client_id, :now);

-- name: end_replaced!
-- Ends an earlier binding to the same system: the latest signed statement is in force.
UPDATE bindings SET ended_at = :now
WHERE sid <> :sid AND bound_at IS NOT NULL AND ended_at IS NULL
  AND certificate = (SELECT certificate FROM bindings WHERE sid = :sid)
  AND COALESCE(client_id, '') = (SELECT COALESCE(client_id, '') FROM bindings WHERE sid = :sid);

-- name: bind!
UPDATE bindings SET bound_at = :now WHERE sid = :sid AND bound_at IS NULL AND ended_at IS NULL;

-- name: in_force
-- Excludes bindings of a certificate that was revoked or otherwise replaced, even if they weren't ended.
SELECT b.sid, b.serial, b.client_id, b.bound_at, sealed(business_systems AS s)
FROM keys k
JOIN certificates c ON c.serial = k.certificate AND NOT ended(c)
JOIN bindings b ON b.certificate = c.serial
LEFT JOIN business_systems s ON s.client_id = b.client_id
WHERE k.device_id = :device_id AND b.device_id = :device_id AND b.account_id = :account_id AND b.bound_at IS NOT NULL AND b.ended_at IS NULL
ORDER BY b.bound_at, b.sid;

-- name: is_bound^
SELECT b.sid FROM keys k JOIN bindings b ON b.certificate = k.certificate
WHERE k.uid = :uid AND b.bound_at IS NOT NULL AND b.ended_at IS NULL
  AND (b.client_id IS NULL OR b.client_id = :client_id)
LIMIT 1;

-- name: unbind!
UPDATE bindings SET ended_at = :now
WHERE sid = :sid AND device_id = :device_id AND account_id = :account_id AND bound_at IS NOT NULL AND ended_at IS NULL;

-- name: carry_over!
-- Includes requested bindings that aren't signed yet: with the same key they still can be.
UPDATE bindings SET certificate = :new_serial WHERE certificate = :old_serial AND ended_at IS NULL;

-- name: end_all!
UPDATE bindings SET ended_at = :now WHERE certificate = :serial AND ended_at IS NULL;
