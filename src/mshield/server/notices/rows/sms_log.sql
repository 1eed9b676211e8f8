-- name: insert!
INSERT INTO sms_log (id, phone_hash, phone_masked, purpose, with_code, state, sent_at)
VALUES (:id, :phone_hash, :phone_masked, :purpose, :with_code, 'sending', :now);

-- name: end!
UPDATE sms_log SET state = :state, reason = :reason, took_ms = :took_ms WHERE id = :id;

-- name: page
-- Newest first. A null state or purpose matches all.
SELECT id, phone_masked, purpose, with_code, state, reason, sent_at, took_ms FROM sms_log s
WHERE s.id < :before AND sent_so(s)
ORDER BY s.id DESC LIMIT :most;

-- name: of_state
-- Unsent messages; uses sms_log_unsent.
SELECT id, phone_masked, purpose, with_code, state, reason, sent_at, took_ms FROM sms_log s
WHERE s.state <> 'sent' AND s.state = CAST(:state AS TEXT) AND s.id < :before AND sent_so(s)
ORDER BY s.id DESC LIMIT :most;

-- name: of_end
-- Finds the last four digits of the number, which the masked one contains; uses sms_log_end.
SELECT id, phone_masked, purpose, with_code, state, reason, sent_at, took_ms FROM sms_log s
WHERE substr(s.phone_masked, length(s.phone_masked) - 3) = :piece AND s.id < :before AND sent_so(s)
ORDER BY s.id DESC LIMIT :most;

-- name: since^
-- The number of messages passed to the gateway since the id, and of those that it didn't accept.
SELECT COUNT(*) AS sent, CAST(COALESCE(SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END), 0) AS BIGINT) AS failed
FROM sms_log WHERE id >= :since;

-- name: purge!
DELETE FROM sms_log WHERE id < :before;
