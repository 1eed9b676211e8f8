-- name: list
SELECT id, kind, month, requests, signatures, COALESCE(logged_rows, 0) AS rows, manifest, written_at, removed_at FROM archives ORDER BY month, kind;

-- name: find^
SELECT id, kind, month, requests, signatures, COALESCE(logged_rows, 0) AS rows, manifest, written_at, removed_at FROM archives WHERE id = :id;

-- name: insert!
INSERT INTO archives (id, kind, month, requests, signatures, logged_rows, places, manifest, written_at, mark)
VALUES (:id, :kind, :month, :requests, :signatures, :rows, :places, :manifest, :now, :mark) ON CONFLICT (id) DO NOTHING;

-- name: removed!
UPDATE archives SET removed_at = :now WHERE id = :id AND removed_at IS NULL;

-- name: places
SELECT id, places, manifest, mark FROM archives ORDER BY id;
