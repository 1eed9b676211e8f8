-- name: keys
SELECT uid FROM keys WHERE account_id = :account_id ORDER BY uid;

-- name: certified^
SELECT COUNT(*) AS rows FROM certificates WHERE account_id = :account_id;

-- name: notices^
SELECT COUNT(*) AS rows FROM notifications WHERE account_id = :account_id AND state <> 'waiting';

-- name: delete_notices!
-- Kinds sent once in a lifetime are kept as long as there is a certificate: their rows show that they were sent.
DELETE FROM notifications WHERE account_id = :account_id AND state <> 'waiting';

-- name: sms^
SELECT (SELECT COUNT(*) FROM sms_codes WHERE phone = :phone) + (SELECT COUNT(*) FROM sms_log WHERE phone_hash = :phone_hash) AS rows;

-- name: delete_sms_codes!
DELETE FROM sms_codes WHERE phone = :phone;

-- name: delete_sms_log!
DELETE FROM sms_log WHERE phone_hash = :phone_hash;

-- name: logins^
SELECT (SELECT COUNT(*) FROM phone_sessions WHERE account_id = :account_id AND (ended_at IS NOT NULL OR expires_at <= :now))
  + (SELECT COUNT(*) FROM portal_sessions WHERE account_id = :account_id AND (ended_at IS NOT NULL OR expires_at <= :now)) AS rows;

-- name: delete_phone_logins!
DELETE FROM phone_sessions WHERE account_id = :account_id AND (ended_at IS NOT NULL OR expires_at <= :now);

-- name: delete_portal_logins!
DELETE FROM portal_sessions WHERE account_id = :account_id AND (ended_at IS NOT NULL OR expires_at <= :now);

-- name: devices^
SELECT COUNT(*) AS rows FROM device_uses WHERE account_id = :account_id;

-- name: delete_device_uses!
DELETE FROM device_uses WHERE account_id = :account_id;

-- name: scrub!
-- For an account that never had a certificate: the row no longer identifies anybody, and nobody can log in with it.
UPDATE accounts SET phone = :unnamed, password_hash = '', name = '', id_number_hash = :hash, id_number_box = :box,
  id_number_end = :no_end, external_id = NULL, state = 'disabled', disabled_at = :now, disabled_reason = :reason
WHERE id = :id AND NOT EXISTS (SELECT 1 FROM certificates c WHERE c.account_id = :id);
