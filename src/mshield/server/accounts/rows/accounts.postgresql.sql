-- name: find_unchanging^
-- Like SQLite's, with a lock that blocks disabling or changing the account, but not concurrent logins.
SELECT id, phone, password_hash, name, id_type, id_number_hash, state, created_at, source, external_id, disabled_at, disabled_reason, seal_version, seal FROM accounts WHERE id = :id
FOR SHARE;
