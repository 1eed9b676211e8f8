-- name: insert!
INSERT INTO closings (id, account_id, asked_at, due_at, state) VALUES (:id, :account_id, :now, :due_at, 'waiting');

-- name: waiting^
SELECT id, account_id, asked_at, due_at, state, seal_version, seal FROM closings WHERE account_id = :account_id AND state = 'waiting';

-- name: find^
SELECT id, account_id, asked_at, due_at, state, seal_version, seal FROM closings WHERE id = :id;

-- name: due
SELECT id FROM closings WHERE state = 'waiting' AND due_at <= :now AND id > :after ORDER BY id LIMIT :most;

-- name: end!
UPDATE closings SET state = :state, ended_at = :now WHERE id = :id AND state = 'waiting';

-- name: standing
-- The account's unended certificates, signed or not.
SELECT serial FROM certificates WHERE account_id = :account_id AND NOT ended(certificates) ORDER BY serial;

-- name: shields
SELECT DISTINCT shield_number FROM certificates WHERE account_id = :account_id AND NOT ended(certificates) ORDER BY shield_number;

-- name: release!
-- Deletes what a closed account with certificates no longer needs: its number is free for a new account, and nobody
-- can log in.
UPDATE accounts SET phone = :unnamed, password_hash = '', external_id = NULL, state = 'disabled', disabled_at = :now,
  disabled_reason = :reason
WHERE id = :id;

-- name: drop_notices!
DELETE FROM notifications WHERE account_id = :account_id AND state = 'waiting' AND phone IS NULL;
