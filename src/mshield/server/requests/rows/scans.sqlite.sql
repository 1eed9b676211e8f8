-- The steps of one transaction; PostgreSQL joins them into one statement.

-- name: take^
-- The first phone that shows a valid code accepts the request; the same phone may do so again, even later. A request
-- for one shield is accepted only by that shield; from the inbox nothing else is.
UPDATE requests SET state = 'scanned', uid = :uid, changed_at = :now
WHERE id = :id AND channel = :channel AND expires_at > :now
  AND (shield_number = :shield_number OR (shield_number IS NULL AND NOT :from_inbox))
  AND (SELECT b.state FROM business_systems b WHERE b.client_id = requests.client_id) = 'active'
  AND ((state = 'waiting' AND created_at BETWEEN :earliest AND :latest) OR (state = 'scanned' AND uid = :uid))
RETURNING id;

-- name: claim_tasks!
-- Documents that the key already has are not updated: signing and closing lock them in another order.
UPDATE tasks SET uid = :uid WHERE request_id = :request_id AND uid IS NULL;

-- name: find_request
-- One row for each document, in order.
SELECT r.id, r.kind, r.state AS request_state, r.number, r.shield_number, r.return_url, r.pc_address, r.pc_browser,
  r.created_at, r.prolonged_at, r.channel, r.mark, r.client_id, r.asker_name, r.asker_domain, t.sid, t.uid, t.purpose, t.state, t.message, t.media_type, t.title, t.display,
  t.format, t.content, t.size, t.expires_at, t.prepared
FROM requests r
JOIN tasks t ON t.request_id = r.id
WHERE r.id = :id ORDER BY t.position;
