-- The steps of one transaction; PostgreSQL joins them into one statement.

-- name: scan^
-- The first phone that shows the code of these seconds takes the request; the same phone may take it again, later too.
-- A request for one shield is taken by that shield only.
UPDATE requests SET state = 'scanned', uid = :uid, changed_at = :now
WHERE id = :id AND channel = :channel AND expires_at > :now
  AND (shield_number IS NULL OR shield_number = :shield_number)
  AND ((state = 'waiting' AND created_at BETWEEN :earliest AND :latest) OR (state = 'scanned' AND uid = :uid))
RETURNING id;

-- name: take^
-- A request that waits in this shield's inbox, or that it has taken already.
UPDATE requests SET state = 'scanned', uid = :uid, changed_at = :now
WHERE id = :id AND channel = 'qr' AND shield_number = :shield_number AND expires_at > :now
  AND (state = 'waiting' OR (state = 'scanned' AND uid = :uid))
RETURNING id;

-- name: claim_tasks!
UPDATE tasks SET uid = :uid WHERE request_id = :request_id AND (uid IS NULL OR uid = :uid);
