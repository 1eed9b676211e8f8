-- name: begin_attempt^
-- Counts an attempt unless its subject must wait; an expired count starts again. No row: it must wait.
INSERT INTO throttles (scope, subject, failures, window_start, blocked_until)
VALUES (:scope, :subject, 1, :now, :blocked_until)
ON CONFLICT (scope, subject) DO UPDATE SET
  failures = CASE WHEN throttles.window_start <= :stale THEN 1 ELSE throttles.failures + 1 END,
  window_start = CASE WHEN throttles.window_start <= :stale THEN excluded.window_start ELSE throttles.window_start END,
  blocked_until = excluded.blocked_until
WHERE throttles.blocked_until <= :now
RETURNING failures;

-- name: count_within^
-- Counts within a window, up to a limit. No row: the limit is reached.
INSERT INTO throttles (scope, subject, failures, window_start, blocked_until) VALUES (:scope, :subject, 1, :now, 0)
ON CONFLICT (scope, subject) DO UPDATE SET
  failures = CASE WHEN throttles.window_start <= :stale THEN 1 ELSE throttles.failures + 1 END,
  window_start = CASE WHEN throttles.window_start <= :stale THEN excluded.window_start ELSE throttles.window_start END
WHERE throttles.window_start <= :stale OR throttles.failures < :most
RETURNING failures;

-- name: count_alone
-- The same, if nothing else is written with it.
INSERT INTO throttles (scope, subject, failures, window_start, blocked_until) VALUES (:scope, :subject, 1, :now, 0)
ON CONFLICT (scope, subject) DO UPDATE SET
  failures = CASE WHEN throttles.window_start <= :stale THEN 1 ELSE throttles.failures + 1 END,
  window_start = CASE WHEN throttles.window_start <= :stale THEN excluded.window_start ELSE throttles.window_start END
WHERE throttles.window_start <= :stale OR throttles.failures < :most
RETURNING CAST(:call AS INTEGER) AS call;

-- name: count_ahead!
-- Counts several at once. No row is written if the limit was reached before.
INSERT INTO throttles (scope, subject, failures, window_start, blocked_until) VALUES (:scope, :subject, :count, :now, 0)
ON CONFLICT (scope, subject) DO UPDATE SET
  failures = CASE WHEN throttles.window_start <= :stale THEN excluded.failures ELSE throttles.failures + excluded.failures END,
  window_start = CASE WHEN throttles.window_start <= :stale THEN excluded.window_start ELSE throttles.window_start END
WHERE throttles.window_start <= :stale OR throttles.failures < :most;

-- name: give_back!
UPDATE throttles SET failures = failures - :count WHERE scope = :scope AND subject = :subject AND failures >= :count;

-- name: find_throttle^
SELECT failures, window_start, blocked_until FROM throttles WHERE scope = :scope AND subject = :subject;

-- name: block!
UPDATE throttles SET blocked_until = :until WHERE scope = :scope AND subject = :subject;

-- name: reset!
DELETE FROM throttles WHERE scope = :scope AND subject = :subject;

-- name: purge_throttles!
DELETE FROM throttles WHERE window_start <= :before AND blocked_until <= :before;

-- name: count_sms^
SELECT COUNT(*) AS sent FROM sms_codes WHERE phone = :phone AND purpose = :purpose AND sent_at > :since;

-- name: insert_sms!
INSERT INTO sms_codes (id, phone, purpose, code_hash, tries, sent_at, expires_at, used_at)
VALUES (:id, :phone, :purpose, :code_hash, 0, :now, :expires_at, NULL);

-- name: try_sms^
-- Counts an attempt at the newest code for this number and purpose; older codes are invalid. No row: there is no code
-- to try.
UPDATE sms_codes SET tries = tries + 1
WHERE id = (SELECT id FROM sms_codes WHERE phone = :phone AND purpose = :purpose ORDER BY sent_at DESC, id DESC LIMIT 1)
  AND tries >= 0 AND tries < :most AND used_at IS NULL AND expires_at > :now
RETURNING id, code_hash, tries, expires_at;

-- name: untry_sms!
UPDATE sms_codes SET tries = tries - 1 WHERE id = :id AND tries > 0 AND used_at IS NULL;

-- name: latest_sms^
SELECT tries, expires_at, used_at FROM sms_codes WHERE phone = :phone AND purpose = :purpose
ORDER BY sent_at DESC, id DESC LIMIT 1;

-- name: use_sms!
-- Deletes the hash too: no code may be recoverable after its use.
UPDATE sms_codes SET used_at = :now, code_hash = :nothing WHERE id = :id AND used_at IS NULL AND expires_at > :now;

-- name: purge_sms!
DELETE FROM sms_codes WHERE sent_at <= :before;

-- name: use_captcha!
-- No row is inserted if it was used before.
INSERT INTO captcha_uses (captcha_hash, expires_at) VALUES (:captcha_hash, :expires_at)
ON CONFLICT (captcha_hash) DO NOTHING;

-- name: purge_captchas!
DELETE FROM captcha_uses WHERE expires_at <= :before;
