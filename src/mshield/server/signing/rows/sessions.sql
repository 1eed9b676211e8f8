-- name: context
-- Everything that open and finish need about the caller's key, with the document `sid` if it is this key's; no row if
-- the login is invalid. An enrolment's own document needs no request. Renewals are read only for a key without a
-- certificate in force, by a subquery, since another join would slow down all calls. The caller checks that the
-- account is active: as a condition here, PostgreSQL would start with all accounts.
SELECT CAST(:call AS INTEGER) AS call, k.uid, k.state AS key_state, k.public_key, k.epoch, k.share_box, k.pending_epoch, k.pending_box, k.last_epoch,
  k.since_refresh, k.otp_open, k.failures, k.wrong_total,
  k.otp_hash, k.otp_prev_hash, k.rn_prev_hash, k.otp_prev_spent, k.generation, k.opens_window, k.opens, k.enrol_sid, k.expires_at AS key_expires_at,
  k.outcome_fb, k.outcome_box, k.outcome_at,
  k.account_id, k.device_id, k.person_id, k.filing_version, k.subject, k.seal_version, k.seal,
  p.account_id AS login_account_id, p.device_id AS login_device_id,
  p.expires_at AS login_expires_at, p.mark AS login_mark,
  sealed(accounts AS a), sealed(filed_persons AS f), sealed(enterprises AS e),
  c.serial, c.state AS certificate_state, c.holds, c.not_before, c.not_after, logged_standing(c) AS logged,
  CASE WHEN k.certificate IS NULL
    THEN (SELECT r.old_serial FROM renewals r WHERE r.uid = k.uid AND r.state IN ('begun', 'issued')) END AS replaced_serial,
  s.epoch AS session_epoch, s.otp_hash AS session_otp_hash, s.rn_hash AS session_rn_hash, s.next_epoch, s.items, s.k2_box,
  s.fb, s.bound_at, s.expires_at AS session_expires_at,
  filing_changed(c, f, e) AS filing_changed, c.shield_number, f.id_number_box,
  t.sid AS task_sid, t.purpose AS task_purpose, t.state AS task_state, t.message AS task_message, t.display AS task_display, t.expires_at AS task_expires_at,
  t.request_id AS task_request_id, unbound(k.certificate, t.request_id) AS task_unbound
FROM phone_sessions p
JOIN devices d ON d.id = p.device_id AND d.jkt = :jkt
JOIN accounts a ON a.id = p.account_id
LEFT JOIN keys k ON k.device_id = d.id AND k.account_id = p.account_id AND k.uid = :uid
LEFT JOIN certificates c ON c.serial = k.certificate
LEFT JOIN filed_persons f ON f.id = c.person_id
LEFT JOIN enterprises e ON e.credit_code = f.credit_code
LEFT JOIN signing_sessions s ON s.uid = k.uid
LEFT JOIN tasks t ON t.sid = :sid AND t.uid = k.uid
WHERE p.token_hash = :token_hash AND p.ended_at IS NULL AND p.expires_at > :now;

-- name: task
-- A further document of a batch.
SELECT CAST(:call AS INTEGER) AS call, t.sid AS task_sid, t.purpose AS task_purpose, t.state AS task_state,
  t.message AS task_message, t.display AS task_display, t.expires_at AS task_expires_at, t.request_id AS task_request_id,
  unbound(k.certificate, t.request_id) AS task_unbound
FROM tasks t JOIN keys k ON k.uid = t.uid WHERE t.sid = :sid AND t.uid = :uid;

-- name: replaced^
-- The certificate that a renewal will replace, and its key.
SELECT c.serial, c.state AS certificate_state, c.holds, c.not_before, c.not_after, logged_standing(c) AS logged,
  sealed(keys AS k)
FROM certificates c JOIN keys k ON k.uid = c.uid WHERE c.serial = :serial;

-- name: wrong_total^
SELECT wrong_total FROM keys WHERE uid = :uid;

-- name: raise_generation!
UPDATE keys SET generation = generation + 1 WHERE uid = :uid AND generation = :generation;

-- name: end_session!
DELETE FROM signing_sessions WHERE uid = :uid;

-- name: end_attempt!
DELETE FROM attempts_under_way WHERE uid = :uid;

-- name: find_attempt^
SELECT epoch AS session_epoch, otp_hash AS session_otp_hash, rn_hash AS session_rn_hash, next_epoch, items, k2_box, fb,
  bound_at, expires_at AS session_expires_at
FROM attempts_under_way WHERE uid = :uid;

-- name: purge_attempts!
DELETE FROM attempts_under_way WHERE expires_at <= :now;

-- name: keep_value!
-- Stored after a success: an open that presents the same value again is a late repeat.
INSERT INTO values_that_succeeded (shown, at) VALUES (:value, :now) ON CONFLICT (shown) DO UPDATE SET at = excluded.at;

-- name: find_value^
SELECT at FROM values_that_succeeded WHERE shown = :value AND at > :since;

-- name: purge_values!
DELETE FROM values_that_succeeded WHERE at <= :before;

-- name: purge_sessions!
-- Expired sessions can't be finished; the one-time value that was presented in one has effect only if it was finished.
DELETE FROM signing_sessions WHERE expires_at <= :now;

-- name: record_refusal!
-- For wrong_pin, pin_locked and retry: the attempt stays counted.
UPDATE keys SET generation = generation + 1, outcome_fb = :fb, outcome_box = :outcome_box, outcome_at = :now
WHERE uid = :uid AND generation = :generation;

-- name: give_back!
-- For a fault of the server: the user made no wrong attempt.
UPDATE keys SET failures = failures - 1, wrong_total = wrong_total - 1, generation = generation + 1
WHERE uid = :uid AND generation = :generation;

-- name: void_key!
-- For a second copy of the phone during enrolment: the key never gets its certificate.
UPDATE keys SET state = 'void', generation = generation + 1 WHERE uid = :uid AND state = 'enrolling';

-- name: sign_task^
-- Records the document as signed, unless it or the certificate was closed since the attempt was reserved.
UPDATE tasks SET state = 'signed'
WHERE sid = :sid AND uid = :uid AND state = 'waiting' AND expires_at > :now
  AND (purpose = 'enrol'
    OR EXISTS (SELECT 1 FROM certificates c WHERE c.serial = :serial AND usable(c)))
RETURNING sid, request_id, purpose;

-- name: record_success!
-- No-op for an account that was disabled meanwhile: it signs nothing. Stores the seal of the resulting counters,
-- unless another part of the outcome changes them.
UPDATE keys SET failures = 0, wrong_total = wrong_total - 1, generation = generation + 1,
  seal_version = COALESCE(:seal_version, seal_version), seal = COALESCE(:seal, seal),
  since_refresh = since_refresh + :count, otp_open = 0, otp_prev_spent = FALSE, otp_prev_hash = :otp_prev_hash, rn_prev_hash = :rn_prev_hash, otp_hash = :otp_hash,
  state = CASE WHEN state = 'enrolling' AND :enrolled THEN 'confirmed' ELSE state END,
  outcome_fb = :fb, outcome_box = :outcome_box, outcome_at = :now
WHERE uid = :uid AND generation = :generation
  AND (SELECT a.state FROM accounts a WHERE a.id = keys.account_id) = 'active';

-- name: activate_pending!
-- For a success under the pending epoch: it becomes the active one, and the old share is erased. After a PIN change
-- the wrong attempts at the old PIN are no longer counted.
UPDATE keys SET epoch = pending_epoch, share_box = pending_box,
  wrong_total = CASE WHEN pending_changes_pin THEN 0 ELSE wrong_total END,
  pending_epoch = NULL, pending_box = NULL, pending_changes_pin = FALSE
WHERE uid = :uid AND pending_epoch = :epoch;

-- name: drop_pending!
-- For a success under the active epoch: the phone didn't start to use the pending one.
UPDATE keys SET pending_epoch = NULL, pending_box = NULL, pending_changes_pin = FALSE
WHERE uid = :uid AND epoch = :epoch AND pending_epoch IS NOT NULL;

-- name: set_pending!
UPDATE keys SET pending_epoch = :pending_epoch, pending_box = :pending_box, pending_changes_pin = :changes_pin,
  since_refresh = 0
WHERE uid = :uid;

-- name: insert_signature!
INSERT INTO signatures (sid, uid, serial, request_id, purpose, digest, signature, signed_at, key_version,
  seal_version, seal, shown, confirmed, pages, shield_number, id_number_masked)
VALUES (:sid, :uid, :serial, :request_id, :purpose, :digest, :signature, :now, :key_version, 1, :seal, :shown, :confirmed,
  :pages, :shield_number, :id_number_masked);

-- name: finish_request!
-- A request is signed once each of its documents is signed, or excluded from a batch.
UPDATE requests SET state = 'signed', changed_at = :now
WHERE id = :request_id AND state = 'scanned'
  AND NOT EXISTS (SELECT 1 FROM tasks WHERE request_id = :request_id AND state NOT IN ('signed', 'declined'));
