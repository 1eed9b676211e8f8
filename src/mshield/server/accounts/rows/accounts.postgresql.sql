-- name: find_unchanging^
-- The same with a lock that whoever disables or changes the account waits for, and logins at once don't.
SELECT id, phone, password_hash, name, id_type, id_number_hash, state, created_at, source, external_id, disabled_at, disabled_reason, seal_version, seal FROM accounts WHERE id = :id
FOR SHARE;
