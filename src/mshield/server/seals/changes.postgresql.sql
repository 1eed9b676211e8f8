-- name: rolled_back_counters
-- The signatures of a batch have the same version. The records of `keys` in sealed_changes are of wrong PINs.
SELECT DISTINCT row_key FROM (
  SELECT row_key, version, steps, LAG(version) OVER (PARTITION BY row_key ORDER BY version, steps) AS before FROM (
    SELECT row_key, version, 1 AS steps FROM sealed_changes WHERE place = 'keys'
    UNION ALL
    SELECT DISTINCT encode(uid, 'hex'), key_version, 2 FROM signatures WHERE key_version IS NOT NULL) AS counted) AS in_order
WHERE before IS NOT NULL AND version < before + steps ORDER BY row_key LIMIT :limit;
