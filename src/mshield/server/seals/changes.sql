-- name: insert!
INSERT INTO sealed_changes (id, place, row_key, version, seal, at) VALUES (:id, :place, :row_key, :version, :seal, :now);

-- name: twice
SELECT place, row_key FROM sealed_changes GROUP BY place, row_key, version HAVING COUNT(*) > 1
ORDER BY place, row_key LIMIT :limit;

-- name: last_version^
SELECT version FROM sealed_changes WHERE place = :place AND row_key = :row_key ORDER BY version DESC LIMIT 1;
