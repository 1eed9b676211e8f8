-- The steps of one transaction; PostgreSQL joins them into one statement.

-- name: take^
-- The first phone that shows the code of these seconds takes the request; the same phone may take it again, later too.
-- A request for one shield is taken by that shield only, and from its inbox nothing else.
UPDATE requests SET state = 'scanned', uid = :uid, changed_at = :now
WHERE id = :id AND channel = :channel AND expires_at > :now
  AND (shield_number = :shield_number OR (shield_number IS NULL AND NOT :from_inbox))
  AND (SELECT b.state FROM business_systems b WHERE b.client_id = requests.client_id) = 'active'
  AND ((state = 'waiting' AND created_at BETWEEN :earliest AND :latest) OR (state = 'scanned' AND uid = :uid))
RETURNING id;

-- name: claim_tasks!
-- Those of a request that it has taken before are its own, and locked in another order while they are signed or closed.
UPDATE tasks SET uid = :uid WHERE request_id = :request_id AND uid IS NULL;

-- name: find_request
-- A row for each document, in their order.
SELECT r.id, r.kind, r.state AS request_state, r.number, r.shield_number, r.return_url, r.pc_address, r.pc_browser,
  r.created_at, r.prolonged_at, r.channel, r.mark, r.client_id, r.asker_name, r.asker_domain, t.sid, t.uid, t.purpose, t.state, t.message, t.media_type, t.title, t.display,
  t.format, t.content, t.size, t.expires_at, t.prepared
FROM requests r
JOIN tasks t ON t.request_id = r.id
WHERE r.id = :id ORDER BY t.position;
