-- name: put!
INSERT INTO push_subscriptions (device_id, account_id, address_box, requests, notices, created_at, failing_since)
VALUES (:device_id, :account_id, :address_box, :requests, :notices, :now, NULL)
ON CONFLICT (device_id) DO UPDATE SET account_id = excluded.account_id, address_box = excluded.address_box,
  requests = excluded.requests, notices = excluded.notices, created_at = excluded.created_at, failing_since = NULL;

-- name: find^
SELECT device_id, account_id, requests, notices, address_box FROM push_subscriptions
WHERE device_id = :device_id AND account_id = :account_id;

-- name: end!
DELETE FROM push_subscriptions WHERE device_id = :device_id;

-- name: end_of_account!
DELETE FROM push_subscriptions WHERE account_id = :account_id;

-- name: end_of_others!
DELETE FROM push_subscriptions WHERE device_id = :device_id AND account_id <> :account_id;

-- name: end_elsewhere!
DELETE FROM push_subscriptions WHERE account_id = :account_id AND device_id <> :device_id;

-- name: wake_shield!
INSERT INTO pushes (occasion, device_id, account_id, kind, state, attempts, next_at, expires_at, created_at)
SELECT :occasion, d.id, d.account_id, 'request', 'waiting', 0, :now, :expires_at, :now
FROM devices d
LEFT JOIN push_subscriptions s ON s.device_id = d.id AND s.account_id = d.account_id AND s.requests = 1
WHERE d.shield_number = :shield_number AND d.account_id IS NOT NULL
  AND (s.device_id IS NOT NULL OR CAST(:also_unsubscribed AS INTEGER) = 1)
ON CONFLICT (occasion, device_id) DO NOTHING;

-- name: wake_account!
INSERT INTO pushes (occasion, device_id, account_id, kind, state, attempts, next_at, expires_at, created_at)
SELECT :occasion, s.device_id, s.account_id, 'notice', 'waiting', 0, :now, :expires_at, :now
FROM push_subscriptions s WHERE s.account_id = :account_id AND s.notices = 1
ON CONFLICT (occasion, device_id) DO NOTHING;

-- name: due
-- The owner may have switched the kind off since, or another account may use the phone now.
SELECT p.occasion, p.device_id, p.account_id, p.kind, p.attempts, p.expires_at, s.address_box,
  (p.kind = 'notice' OR r.state = 'waiting') AS is_wanted, s.failing_since IS NOT NULL AS is_failing
FROM pushes p
LEFT JOIN push_subscriptions s ON s.device_id = p.device_id AND s.account_id = p.account_id
  AND CASE WHEN p.kind = 'request' THEN s.requests ELSE s.notices END = 1
LEFT JOIN requests r ON r.id = p.occasion
WHERE p.state = 'waiting' AND p.next_at <= :now AND :without NOT LIKE '%' || p.account_id || '%'
  AND (s.failing_since IS NULL OR CAST(:also_failing AS INTEGER) = 1)
ORDER BY s.failing_since IS NOT NULL, p.next_at LIMIT :most;

-- name: begin_attempt!
UPDATE pushes SET attempts = attempts + 1, next_at = :next_at
WHERE occasion = :occasion AND device_id = :device_id AND state = 'waiting' AND attempts = :attempts;

-- name: note_failure!
UPDATE pushes SET answer = :answer, next_at = :next_at
WHERE occasion = :occasion AND device_id = :device_id AND state = 'waiting';

-- name: finish!
UPDATE pushes SET state = :state, answer = :answer, ended_at = :now
WHERE occasion = :occasion AND device_id = :device_id AND state = 'waiting';

-- name: mark_working!
UPDATE push_subscriptions SET failing_since = NULL WHERE device_id = :device_id AND failing_since IS NOT NULL;

-- name: mark_failing!
UPDATE push_subscriptions SET failing_since = :now WHERE device_id = :device_id AND failing_since IS NULL;

-- name: drop!
DELETE FROM push_subscriptions WHERE device_id = :device_id AND address_box = :address_box;

-- name: count_accepted^
SELECT CAST(COALESCE(SUM(CASE WHEN state = 'sent' THEN 1 ELSE 0 END), 0) AS BIGINT) AS taken,
  CAST(COALESCE(SUM(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END), 0) AS BIGINT) AS waiting
FROM pushes WHERE occasion = :occasion;

-- name: purge_subscriptions!
DELETE FROM push_subscriptions WHERE failing_since <= :before;

-- name: purge!
-- Includes unsent ones, in case pushes were switched off meanwhile.
DELETE FROM pushes WHERE ended_at <= :before OR (ended_at IS NULL AND expires_at <= :before);
