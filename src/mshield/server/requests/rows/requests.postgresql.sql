-- One round trip for what SQLite does in several statements of one transaction.

-- name: create
-- Counts it against a limit, unless it is a repeat. No row: the limit is reached, it is a repeat, the system is
-- disabled, or its views were changed since the documents were rendered.
WITH counted AS (
  INSERT INTO throttles (scope, subject, failures, window_start, blocked_until)
  SELECT :scope, :subject, 1, :now, 0
  WHERE (SELECT b.state FROM business_systems b WHERE b.client_id = :client_id) = 'active'
    AND (:view_changes::bigint IS NULL OR view_changes(:client_id) = :view_changes)
    AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.client_id = :client_id AND r.idempotency_key = :idempotency_key)
  ON CONFLICT (scope, subject) DO UPDATE SET
    failures = CASE WHEN throttles.window_start <= :stale THEN 1 ELSE throttles.failures + 1 END,
    window_start = CASE WHEN throttles.window_start <= :stale THEN excluded.window_start ELSE throttles.window_start END
  WHERE throttles.window_start <= :stale OR throttles.failures < :most
  RETURNING failures),
made AS (
  INSERT INTO requests (id, client_id, kind, channel, state, number, shield_number, return_url, pc_address, pc_browser,
    idempotency_key, body_hash, created_at, expires_at, changed_at, asker_name, asker_domain, seal_version, seal, mark, to_tell)
  SELECT :id, :client_id, :kind, :channel, 'waiting', :number, :shield_number, :return_url, :pc_address, :pc_browser,
    :idempotency_key, :body_hash, :now, :expires_at, :now, :asker_name, :asker_domain, 1, :request_seal, :request_mark,
    EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.client_id = :client_id AND e.state <> 'removed')
  FROM counted
  RETURNING id)
INSERT INTO tasks (sid, request_id, position, uid, purpose, state, message, media_type, title, display, format, content, size,
  drawing, created_at, expires_at, seal_version, seal)
SELECT t.sid, made.id, t.position - 1, NULL, t.purpose, 'waiting', t.message, t.media_type, t.title, t.display, t.format, t.content,
  t.size, t.drawing, :now, :expires_at, 1, t.seal
FROM made, unnest(:sids::bytea[], :purposes::text[], :messages::bytea[], :media_types::text[], :titles::text[],
  :displays::text[], :formats::text[], :contents::bytea[], :sizes::bigint[], :drawings::bytea[], :seals::bytea[])
  WITH ORDINALITY AS t (sid, purpose, message, media_type, title, display, format, content, size, drawing, seal, position)
RETURNING :call::int AS call;
