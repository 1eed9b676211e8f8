-- name: requests
-- Erased requests have none of these columns left, and no mark.
SELECT id, client_id, kind, channel, number, shield_number, asker_name, asker_domain, pc_address, pc_browser, return_url, mark
FROM requests
WHERE id > CAST(:after AS TEXT)
  AND (mark IS NOT NULL OR pc_address IS NOT NULL OR pc_browser IS NOT NULL OR return_url IS NOT NULL
    OR state IN ('waiting', 'scanned'))
ORDER BY id LIMIT :most;
