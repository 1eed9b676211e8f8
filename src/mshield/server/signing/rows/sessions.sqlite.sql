-- The steps of one transaction each; PostgreSQL joins them into one statement.

-- name: touch_key!
-- The first half of opening, guarded by the generation that was read. Once the current one-time value is presented,
-- the previous one is permanently invalid.
UPDATE keys SET generation = generation + 1, opens_window = :opens_window, opens = :opens, last_epoch = :last_epoch,
  otp_prev_spent = otp_prev_spent OR :forget_previous
WHERE uid = :uid AND generation = :generation;

-- name: put_session!
-- The second half: stores the only open session of its key; the caller has checked that none is bound.
INSERT INTO signing_sessions (uid, epoch, otp_hash, rn_hash, next_epoch, items, k2_box, fb, bound_at, expires_at)
VALUES (:uid, :epoch, :otp_hash, :rn_hash, :next_epoch, :items, :k2_box, NULL, NULL, :expires_at)
ON CONFLICT (uid) DO UPDATE SET epoch = excluded.epoch, otp_hash = excluded.otp_hash, rn_hash = excluded.rn_hash,
  next_epoch = excluded.next_epoch, items = excluded.items, k2_box = excluded.k2_box, fb = NULL, bound_at = NULL,
  expires_at = excluded.expires_at;

-- name: count_attempt!
-- Reserves one of the attempts before any secret is used.
UPDATE keys SET failures = failures + 1, wrong_total = wrong_total + 1, generation = generation + 1,
  seal_version = :seal_version, seal = :seal
WHERE uid = :uid AND generation = :generation AND failures < :most_failures AND wrong_total < :most_wrong;

-- name: bind_session!
UPDATE signing_sessions SET fb = :fb, bound_at = :now WHERE uid = :uid AND fb IS NULL;
