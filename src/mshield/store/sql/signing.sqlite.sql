-- The steps of one transaction each; PostgreSQL joins them into one statement.

-- name: context_with_task^
-- Everything that open and finish must know of the caller's key, or no row where the login isn't valid; with the document
-- `sid`, where it is this key's. An enrolment's own document needs no request.
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
LEFT JOIN tasks t ON t.sid = :sid AND t.uid = k.uid
WHERE p.token_hash = :token_hash AND p.ended_at IS NULL AND p.expires_at > :now;

-- name: task^
-- Any further document of a batch.
SELECT sid AS task_sid, purpose AS task_purpose, state AS task_state, message AS task_message,
  expires_at AS task_expires_at
FROM tasks WHERE sid = :sid AND uid = :uid;

-- name: touch_key!
-- The first half of opening: guarded by the generation that was read. The current one-time value, once shown,
-- makes the previous one worthless for good.
UPDATE keys SET generation = generation + 1, opens_window = :opens_window, opens = :opens, last_epoch = :last_epoch,
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
