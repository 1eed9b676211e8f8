-- name: find_secret^
SELECT box FROM secrets WHERE name = :name;

-- name: insert_secret!
-- The first one stays: two processes that start together end with the same secret.
INSERT INTO secrets (name, box, created_at) VALUES (:name, :box, :now) ON CONFLICT (name) DO NOTHING;
