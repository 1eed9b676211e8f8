-- name: of_number
-- Uses sms_log_phone.
SELECT id, phone_masked, purpose, with_code, state, reason, sent_at, took_ms FROM sms_log s
WHERE s.phone_hash = :phone_hash AND s.id < :before AND sent_so(s)
ORDER BY s.id DESC LIMIT :most;
