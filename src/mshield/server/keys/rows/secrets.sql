-- name: find_secret^
SELECT box FROM secrets WHERE name = :name;

-- name: insert_secret!
-- The first secret is kept: two processes that start together use the same one.
INSERT INTO secrets (name, box, created_at) VALUES (:name, :box, :now) ON CONFLICT (name) DO NOTHING;
