-- One round trip for what SQLite does in several statements of one transaction.

-- name: open^
WITH key AS (
  UPDATE keys SET generation = generation + 1, opens_window = :opens_window, opens = :opens,
    otp_prev_hash = CASE WHEN :forget_previous THEN NULL ELSE otp_prev_hash END,
    rn_prev = CASE WHEN :forget_previous THEN NULL ELSE rn_prev END
  WHERE uid = :uid AND generation = :generation
  RETURNING uid)
INSERT INTO signing_sessions (uid, epoch, otp_hash, rn, next_epoch, items, k2_box, fb, bound_at, expires_at)
SELECT uid, :epoch::bigint, :otp_hash::bytea, :rn::bytea, :next_epoch::bigint, :items::bytea, :k2_box::bytea, NULL, NULL,
  :expires_at::bigint
FROM key
ON CONFLICT (uid) DO UPDATE SET epoch = excluded.epoch, otp_hash = excluded.otp_hash, rn = excluded.rn,
  next_epoch = excluded.next_epoch, items = excluded.items, k2_box = excluded.k2_box, fb = NULL, bound_at = NULL,
  expires_at = excluded.expires_at
RETURNING uid;

-- name: reserve^
-- The generation guards both halves: whatever replaces or ends the session that was read also raises it.
WITH key AS (
  UPDATE keys SET failures = failures + 1, wrong_total = wrong_total + 1, generation = generation + 1
  WHERE uid = :uid AND generation = :generation AND failures < 5 AND wrong_total < 50
  RETURNING uid)
UPDATE signing_sessions SET fb = :fb, bound_at = :now FROM key
WHERE signing_sessions.uid = key.uid AND signing_sessions.fb IS NULL
RETURNING signing_sessions.uid;

-- name: tasks
SELECT sid, purpose, state, message, expires_at FROM tasks WHERE sid = ANY(:sids::bytea[]) AND uid = :uid;

-- name: open_tasks
SELECT sid FROM tasks WHERE sid = ANY(:sids::bytea[]) AND uid = :uid AND state = 'waiting' AND expires_at > :now;

-- name: sign_tasks
UPDATE tasks SET state = 'signed'
WHERE sid = ANY(:sids::bytea[]) AND uid = :uid AND state = 'waiting' AND expires_at > :now
  AND (purpose = 'enrol'
    OR EXISTS (SELECT 1 FROM certificates c WHERE c.uid = :uid AND c.state = 'active' AND c.holds = '' AND c.not_after > :now))
RETURNING sid, request_id, purpose;

-- name: record^
WITH key AS (
  UPDATE keys SET failures = 0, wrong_total = wrong_total - 1, generation = generation + 1,
    otp_prev_hash = :otp_prev_hash, rn_prev = :rn_prev, otp_hash = :otp_hash,
    state = CASE WHEN state = 'enrolling' AND :enrolled THEN 'confirmed' ELSE state END,
    outcome_fb = :fb, outcome_box = :outcome_box, outcome_at = :now
  WHERE uid = :uid AND generation = :generation
  RETURNING uid),
ended AS (DELETE FROM signing_sessions USING key WHERE signing_sessions.uid = key.uid),
stored AS (
  INSERT INTO signatures (sid, uid, request_id, purpose, digest, signature, signed_at)
  SELECT s.sid, key.uid, s.request_id, s.purpose, s.digest, s.signature, :now
  FROM key, unnest(:sids::bytea[], :request_ids::text[], :purposes::text[], :digests::bytea[], :signatures::bytea[])
    AS s (sid, request_id, purpose, digest, signature)),
finished AS (
  UPDATE requests SET state = 'signed', changed_at = :now FROM key
  WHERE requests.id = ANY(:request_ids::text[]) AND requests.state = 'scanned'
    AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.request_id = requests.id AND tasks.state <> 'signed'))
SELECT uid FROM key;
