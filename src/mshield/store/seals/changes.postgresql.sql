-- name: counted_back
-- A batch's signatures have one version. A record beside one is of a wrong PIN.
SELECT DISTINCT row_key FROM (
  SELECT row_key, version, steps, LAG(version) OVER (PARTITION BY row_key ORDER BY version, steps) AS before FROM (
    SELECT row_key, version, 1 AS steps FROM sealed_changes WHERE place = 'keys'
    UNION ALL
    SELECT DISTINCT encode(uid, 'hex'), key_version, 2 FROM signatures WHERE key_version IS NOT NULL) AS counted) AS in_order
WHERE before IS NOT NULL AND version < before + steps ORDER BY row_key LIMIT :limit;

-- name: unsealed
-- Of signatures, their documents and their requests, since each has had a seal: a document may have waited for a while.
SELECT 'signatures' AS place, encode(sid, 'hex') AS row_key FROM signatures WHERE seal IS NULL AND signed_at > :since
UNION ALL
SELECT 'tasks', encode(t.sid, 'hex') FROM signatures s JOIN tasks t ON t.sid = s.sid
  WHERE t.seal IS NULL AND s.signed_at > :since + :waited
UNION ALL
SELECT 'requests', r.id FROM signatures s JOIN requests r ON r.id = s.request_id
  WHERE r.seal IS NULL AND s.signed_at > :since + :waited
LIMIT :limit;
