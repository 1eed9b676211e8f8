-- name: insert!
INSERT INTO sms_log (id, phone_hash, phone_masked, purpose, with_code, state, sent_at)
VALUES (:id, :phone_hash, :phone_masked, :purpose, :with_code, 'sending', :now);

-- name: end!
UPDATE sms_log SET state = :state, reason = :reason, took_ms = :took_ms WHERE id = :id;

-- name: page
-- Newest first. Of any state or purpose where these are null.
SELECT id, phone_masked, purpose, with_code, state, reason, sent_at, took_ms FROM sms_log
WHERE id < :before
  AND (CAST(:any_number AS INTEGER) = 1 OR phone_hash = :phone_hash)
  AND (CAST(:state AS TEXT) IS NULL OR state = CAST(:state AS TEXT))
  AND (CAST(:purpose AS TEXT) IS NULL OR purpose = CAST(:purpose AS TEXT))
ORDER BY id DESC LIMIT :most;

-- name: since^
-- How many were handed to the gateway since the id, and how many of them it did not take.
SELECT COUNT(*) AS sent, CAST(COALESCE(SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END), 0) AS BIGINT) AS failed
FROM sms_log WHERE id >= :since;

-- name: purge!
DELETE FROM sms_log WHERE id < :before;
