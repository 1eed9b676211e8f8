-- name: find_unchanging^
-- The same with a lock that whoever disables the member or changes their password waits for.
SELECT id, name, roles, state, created_at, password_hash, seal_version, seal FROM staff WHERE id = :id
FOR SHARE;
