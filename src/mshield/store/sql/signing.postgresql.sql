-- One round trip for what SQLite does in several statements of one transaction.

-- name: open^
WITH key AS (
  UPDATE keys SET generation = generation + 1, opens_window = :opens_window, opens = :opens, last_epoch = :last_epoch,
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

-- name: context_with_tasks
-- `context`, once for each of the named documents of the key; once with nulls where there are none.
SELECT k.uid, k.state AS key_state, k.public_key, k.epoch, k.share_box, k.pending_epoch, k.pending_box, k.last_epoch,
  k.since_refresh, k.otp_open, k.failures, k.wrong_total,
  k.otp_hash, k.otp_prev_hash, k.rn_prev, k.generation, k.opens_window, k.opens, k.enrol_sid, k.expires_at AS key_expires_at,
  k.outcome_fb, k.outcome_box, k.outcome_at,
  c.serial, c.state AS certificate_state, c.holds, c.not_before, c.not_after,
  s.epoch AS session_epoch, s.otp_hash AS session_otp_hash, s.rn AS session_rn, s.next_epoch, s.items, s.k2_box,
  s.fb, s.bound_at, s.expires_at AS session_expires_at,
  t.sid AS task_sid, t.purpose AS task_purpose, t.state AS task_state, t.message AS task_message, t.expires_at AS task_expires_at
FROM phone_sessions p
JOIN devices d ON d.id = p.device_id AND d.jkt = :jkt
LEFT JOIN keys k ON k.device_id = d.id AND k.account_id = p.account_id AND k.uid = :uid
LEFT JOIN certificates c ON c.serial = k.certificate
LEFT JOIN signing_sessions s ON s.uid = k.uid
LEFT JOIN tasks t ON t.uid = k.uid AND t.sid = ANY(:sids::bytea[])
WHERE p.token_hash = :token_hash AND p.ended_at IS NULL AND p.expires_at > :now;

-- name: release^
-- The whole outcome of a right PIN. Where a document or the certificate was closed meanwhile, or another call was faster,
-- the division by zero undoes all of it, and the steps are taken one by one instead.
WITH signed AS (
  UPDATE tasks SET state = 'signed'
  WHERE sid = ANY(:sids::bytea[]) AND uid = :uid AND state = 'waiting' AND expires_at > :now
    AND (purpose = 'enrol'
      OR EXISTS (SELECT 1 FROM certificates c
        WHERE c.serial = :serial AND c.state = 'active' AND c.holds = '' AND c.not_after > :now))
  RETURNING sid, request_id, purpose),
key AS (
  UPDATE keys SET failures = 0, wrong_total = wrong_total - 1, generation = generation + 1,
    since_refresh = since_refresh + :count, otp_open = FALSE, otp_prev_hash = :otp_prev_hash, rn_prev = :rn_prev, otp_hash = :otp_hash,
    state = CASE WHEN state = 'enrolling' AND :enrolled THEN 'confirmed' ELSE state END,
    outcome_fb = :fb, outcome_box = :outcome_box, outcome_at = :now
  WHERE uid = :uid AND generation = :generation
  RETURNING uid),
ended AS (DELETE FROM signing_sessions USING key WHERE signing_sessions.uid = key.uid),
stored AS (
  INSERT INTO signatures (sid, uid, serial, request_id, purpose, digest, signature, signed_at)
  SELECT signed.sid, key.uid, :serial::text, signed.request_id, signed.purpose, s.digest, s.signature, :now
  FROM key, signed JOIN unnest(:sids::bytea[], :digests::bytea[], :signatures::bytea[]) AS s (sid, digest, signature)
    ON s.sid = signed.sid),
finished AS (
  UPDATE requests SET state = 'signed', changed_at = :now FROM key
  WHERE requests.id IN (SELECT request_id FROM signed) AND requests.state = 'scanned'
    AND NOT EXISTS (SELECT 1 FROM tasks
      WHERE tasks.request_id = requests.id AND tasks.state <> 'signed' AND tasks.sid <> ALL(:sids::bytea[])))
SELECT array_agg(DISTINCT request_id) AS request_ids,
  1 / (CASE WHEN count(*) = cardinality(:sids::bytea[]) AND EXISTS (SELECT 1 FROM key) THEN 1 ELSE 0 END) AS whole
FROM signed;
