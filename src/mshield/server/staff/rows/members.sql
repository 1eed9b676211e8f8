-- name: find^
SELECT id, name, roles, state, created_at, password_hash, seal_version, seal FROM staff WHERE id = :id;

-- name: find_unchanging^
-- Unchanged until the transaction ends, since SQLite has one writer.
SELECT id, name, roles, state, created_at, password_hash, seal_version, seal FROM staff WHERE id = :id;

-- name: find_named^
SELECT id, name, roles, state, created_at, password_hash, seal_version, seal FROM staff WHERE name = :name;

-- name: list_all
SELECT id, name, roles, state, created_at, password_hash, seal_version, seal FROM staff ORDER BY id;

-- name: insert!
INSERT INTO staff (id, name, roles, state, created_at) VALUES (:id, :name, :roles, 'active', :now);

-- name: lock!
-- Prevents that the member is disabled or given other roles before the transaction ends.
UPDATE staff SET state = state WHERE id = :id;

-- name: disable!
UPDATE staff SET state = 'disabled' WHERE id = :id AND state = 'active';

-- name: set_password!
UPDATE staff SET password_hash = :password_hash WHERE id = :id AND state = 'active';

-- name: change_password!
-- No-op if it was changed or removed meanwhile.
UPDATE staff SET password_hash = :password_hash WHERE id = :id AND password_hash = :previous AND state = 'active';

-- name: change_roles!
UPDATE staff SET roles = :after WHERE id = :id AND roles = :before AND state = 'active';
