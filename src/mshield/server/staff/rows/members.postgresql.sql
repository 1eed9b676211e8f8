-- name: find_unchanging^
-- Like SQLite's, with a lock that blocks disabling the member or changing their password.
SELECT id, name, roles, state, created_at, password_hash, seal_version, seal FROM staff WHERE id = :id
FOR SHARE;
