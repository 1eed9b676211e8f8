-- The steps of one transaction; PostgreSQL joins them into one statement.

-- name: insert_request!
-- No row is inserted if the system is disabled, or its views were changed since the documents were rendered.
INSERT INTO requests (id, client_id, kind, channel, state, number, shield_number, return_url, pc_address, pc_browser,
  idempotency_key, body_hash, created_at, expires_at, changed_at, asker_name, asker_domain, seal_version, seal, mark, to_tell)
SELECT :id, :client_id, :kind, :channel, 'waiting', :number, :shield_number, :return_url, :pc_address, :pc_browser,
  :idempotency_key, :body_hash, :now, :expires_at, :now, :asker_name, :asker_domain, 1, :request_seal, :request_mark,
  EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.client_id = :client_id AND e.state <> 'removed')
WHERE (SELECT b.state FROM business_systems b WHERE b.client_id = :client_id) = 'active'
  AND (:view_changes IS NULL OR view_changes(:client_id) = :view_changes);

-- name: insert_task!
INSERT INTO tasks (sid, request_id, position, uid, purpose, state, message, media_type, title, display, format, content, size,
  drawing, created_at, expires_at, seal_version, seal)
VALUES (:sid, :request_id, :position, NULL, :purpose, 'waiting', :message, :media_type, :title, :display, :format, :content,
  :size, :drawing, :now, :expires_at, 1, :seal);
