-- name: insert!
INSERT INTO phone_changes (id, account_id, approval_id, old_phone, new_phone, details, approved_at, effective_at, state)
VALUES (:id, :account_id, :approval_id, :old_phone, :new_phone, :details, :now, :effective_at, 'waiting');

-- name: waiting^
SELECT id, account_id, approval_id, old_phone, new_phone, details, approved_at, effective_at, state, seal_version, seal
FROM phone_changes WHERE account_id = :account_id AND state = 'waiting';

-- name: find^
SELECT id, account_id, approval_id, old_phone, new_phone, details, approved_at, effective_at, state, seal_version, seal
FROM phone_changes WHERE id = :id;

-- name: of_account
SELECT id FROM phone_changes WHERE account_id = :account_id;

-- name: erase_texts!
UPDATE phone_changes SET details = '{}' WHERE id = :id;

-- name: due
SELECT id FROM phone_changes WHERE state = 'waiting' AND effective_at <= :now AND id > :after ORDER BY id LIMIT :most;

-- name: end!
-- Ends it once, and deletes the numbers, which are no longer needed.
UPDATE phone_changes SET state = :state, ended_at = :now, old_phone = '', new_phone = ''
WHERE id = :id AND state = 'waiting';
