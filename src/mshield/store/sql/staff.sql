-- name: find^
SELECT id, name, roles, token_hash, state, created_at FROM staff WHERE id = :id;

-- name: list_all
SELECT id, name, roles, token_hash, state, created_at FROM staff ORDER BY id;

-- name: insert!
INSERT INTO staff (id, name, roles, token_hash, state, created_at)
VALUES (:id, :name, :roles, :token_hash, 'active', :now);

-- name: disable!
UPDATE staff SET state = 'disabled' WHERE id = :id AND state = 'active';
