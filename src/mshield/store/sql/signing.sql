-- name: context^
-- Everything that open and finish must know of the caller's key, or no row where the login isn't valid.
SELECT k.uid, k.state AS key_state, k.public_key, k.epoch, k.share_box, k.failures, k.wrong_total,
  k.otp_hash, k.otp_prev_hash, k.rn_prev, k.generation, k.opens_window, k.opens, k.enrol_sid, k.expires_at AS key_expires_at,
  k.outcome_fb, k.outcome_box, k.outcome_at,
  c.serial, c.state AS certificate_state, c.holds, c.not_before, c.not_after,
  s.epoch AS session_epoch, s.otp_hash AS session_otp_hash, s.rn AS session_rn, s.next_epoch, s.items, s.k2_box,
  s.fb, s.bound_at, s.expires_at AS session_expires_at
FROM phone_sessions p
JOIN devices d ON d.id = p.device_id AND d.jkt = :jkt
LEFT JOIN keys k ON k.device_id = d.id AND k.account_id = p.account_id AND k.uid = :uid
LEFT JOIN certificates c ON c.uid = k.uid
LEFT JOIN signing_sessions s ON s.uid = k.uid
WHERE p.token_hash = :token_hash AND p.ended_at IS NULL AND p.expires_at > :now;

-- name: raise_generation!
UPDATE keys SET generation = generation + 1 WHERE uid = :uid AND generation = :generation;

-- name: end_session!
DELETE FROM signing_sessions WHERE uid = :uid;

-- name: record_refusal!
-- wrong_pin, pin_locked and retry: the attempt stays counted.
UPDATE keys SET generation = generation + 1, outcome_fb = :fb, outcome_box = :outcome_box, outcome_at = :now
WHERE uid = :uid AND generation = :generation;

-- name: lock_certificate!
UPDATE certificates SET state = 'pin_locked', changed_at = :now WHERE uid = :uid AND state = 'active';

-- name: give_back!
-- After a fault of the server: the attempt was not the user's.
UPDATE keys SET failures = failures - 1, wrong_total = wrong_total - 1, generation = generation + 1
WHERE uid = :uid AND generation = :generation;

-- name: hold_clone!
UPDATE certificates SET holds = CASE WHEN holds = '' THEN 'clone' ELSE 'clone,' || holds END, changed_at = :now
WHERE uid = :uid AND holds NOT LIKE '%clone%';

-- name: void_key!
-- A second copy of the phone during enrolment: the key never gets its certificate.
UPDATE keys SET state = 'void', generation = generation + 1 WHERE uid = :uid AND state = 'enrolling';
