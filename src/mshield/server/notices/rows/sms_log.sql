-- name: insert!
INSERT INTO sms_log (id, phone_hash, phone_masked, purpose, with_code, state, sent_at)
VALUES (:id, :phone_hash, :phone_masked, :purpose, :with_code, 'sending', :now);

-- name: end!
UPDATE sms_log SET state = :state, reason = :reason, took_ms = :took_ms WHERE id = :id;

-- name: page
-- Newest first. Of any state or purpose where these are null.
SELECT id, phone_masked, purpose, with_code, state, reason, sent_at, took_ms FROM sms_log s
WHERE s.id < :before AND sent_so(s)
ORDER BY s.id DESC LIMIT :most;

-- name: of_state
-- What wasn't sent, over sms_log_unsent.
SELECT id, phone_masked, purpose, with_code, state, reason, sent_at, took_ms FROM sms_log s
WHERE s.state <> 'sent' AND s.state = CAST(:state AS TEXT) AND s.id < :before AND sent_so(s)
ORDER BY s.id DESC LIMIT :most;

-- name: of_end
-- By the last four digits of the number, which the masked one shows, over sms_log_end.
SELECT id, phone_masked, purpose, with_code, state, reason, sent_at, took_ms FROM sms_log s
WHERE substr(s.phone_masked, length(s.phone_masked) - 3) = :piece AND s.id < :before AND sent_so(s)
ORDER BY s.id DESC LIMIT :most;

-- name: since^
-- How many were handed to the gateway since the id, and how many of them it did not take.
SELECT COUNT(*) AS sent, CAST(COALESCE(SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END), 0) AS BIGINT) AS failed
FROM sms_log WHERE id >= :since;

-- name: purge!
DELETE FROM sms_log WHERE id < :before;
