-- The steps of one transaction each; PostgreSQL joins them into one statement.

-- name: task^
-- One document of this key that may still be signed. An enrolment's own document needs no request.
SELECT sid, purpose, state, message, expires_at FROM tasks WHERE sid = :sid AND uid = :uid;

-- name: open_task^
SELECT sid FROM tasks WHERE sid = :sid AND uid = :uid AND state = 'waiting' AND expires_at > :now;

-- name: touch_key!
-- The first half of opening: guarded by the generation that was read. The current one-time value, once shown,
-- makes the previous one worthless for good.
UPDATE keys SET generation = generation + 1, opens_window = :opens_window, opens = :opens,
  otp_prev_hash = CASE WHEN :forget_previous THEN NULL ELSE otp_prev_hash END,
  rn_prev = CASE WHEN :forget_previous THEN NULL ELSE rn_prev END
WHERE uid = :uid AND generation = :generation;

-- name: put_session!
-- The second half: the only open session of its key; the caller has made sure that none is bound.
INSERT INTO signing_sessions (uid, epoch, otp_hash, rn, next_epoch, items, k2_box, fb, bound_at, expires_at)
VALUES (:uid, :epoch, :otp_hash, :rn, :next_epoch, :items, :k2_box, NULL, NULL, :expires_at)
ON CONFLICT (uid) DO UPDATE SET epoch = excluded.epoch, otp_hash = excluded.otp_hash, rn = excluded.rn,
  next_epoch = excluded.next_epoch, items = excluded.items, k2_box = excluded.k2_box, fb = NULL, bound_at = NULL,
  expires_at = excluded.expires_at;

-- name: count_attempt!
-- Reserves one of the five tries, before any secret is used.
UPDATE keys SET failures = failures + 1, wrong_total = wrong_total + 1, generation = generation + 1
WHERE uid = :uid AND generation = :generation AND failures < 5 AND wrong_total < 50;

-- name: bind_session!
UPDATE signing_sessions SET fb = :fb, bound_at = :now WHERE uid = :uid AND fb IS NULL;

-- name: sign_task^
-- The document's outcome, unless it, or the certificate, was closed since the attempt was reserved.
UPDATE tasks SET state = 'signed'
WHERE sid = :sid AND uid = :uid AND state = 'waiting' AND expires_at > :now
  AND (purpose = 'enrol'
    OR EXISTS (SELECT 1 FROM certificates c WHERE c.uid = :uid AND c.state = 'active' AND c.holds = '' AND c.not_after > :now))
RETURNING sid, request_id, purpose;

-- name: record_success!
UPDATE keys SET failures = 0, wrong_total = wrong_total - 1, generation = generation + 1,
  otp_prev_hash = :otp_prev_hash, rn_prev = :rn_prev, otp_hash = :otp_hash,
  state = CASE WHEN state = 'enrolling' AND :enrolled THEN 'confirmed' ELSE state END,
  outcome_fb = :fb, outcome_box = :outcome_box, outcome_at = :now
WHERE uid = :uid AND generation = :generation;

-- name: insert_signature!
INSERT INTO signatures (sid, uid, request_id, purpose, digest, signature, signed_at)
VALUES (:sid, :uid, :request_id, :purpose, :digest, :signature, :now);

-- name: finish_request!
-- A request is signed when its last document is.
UPDATE requests SET state = 'signed', changed_at = :now
WHERE id = :request_id AND state = 'scanned'
  AND NOT EXISTS (SELECT 1 FROM tasks WHERE request_id = :request_id AND state <> 'signed');
