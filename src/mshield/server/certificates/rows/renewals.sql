-- name: in_force^
-- The certificate with which a device signs, and the filing as it is now: no version for who left it.
SELECT c.serial, c.uid, c.state, c.holds, c.not_after, c.filing_version, c.person_id, c.shield_number,
  k.public_key, k.enrol_sid, k.mark,
  CASE WHEN f.ended_at IS NULL THEN f.version + e.version END AS filed_version
FROM keys k
JOIN certificates c ON c.serial = k.certificate
JOIN filed_persons f ON f.id = c.person_id
JOIN enterprises e ON e.credit_code = f.credit_code
WHERE k.device_id = :device_id AND k.account_id = :account_id AND NOT ended(c)
ORDER BY c.issued_at DESC LIMIT 1;

-- name: insert!
INSERT INTO renewals (sid, uid, old_serial, account_id, device_id, person_id, filing_version, subject, state, reason,
  begun_at, expires_at, changed_at)
VALUES (:sid, :uid, :old_serial, :account_id, :device_id, :person_id, :filing_version, :subject, 'begun', :reason,
  :now, :expires_at, :now);

-- name: insert_task!
-- One of the renewal's own documents; a repeated call changes nothing.
INSERT INTO tasks (sid, request_id, position, uid, purpose, state, message, media_type, title, display, created_at, expires_at)
VALUES (:sid, NULL, 0, :uid, :purpose, 'waiting', :message, :media_type, :title, '[]', :now, :expires_at)
ON CONFLICT (sid) DO NOTHING;

-- name: open_of_device^
-- The renewal under way with all that its next step needs: both keys, both requests and what was signed of them. It is lost
-- where its own certificate, or the CA that this one is of, has ended.
SELECT r.sid, r.uid, r.old_serial, r.account_id, r.device_id, r.person_id, r.filing_version, r.subject, r.seal_version, r.seal,
  sealed(filed_persons AS f), sealed(enterprises AS e), r.consent_sid, r.confirm_sid, r.state, r.reason, r.expires_at, old.uid AS old_uid, old.state AS old_state, old.holds AS old_holds,
  old.not_after AS old_not_after, old.shield_number, k.public_key, k.enrol_sid, k.mark, old.der AS old_der,
  t.message AS request_info, s.signature AS request_signature, cs.signature AS consent_signature,
  COALESCE(c.state <> 'issued' OR a.revoked_at IS NOT NULL, FALSE) AS lost, f.ended_at IS NULL AS on_file
FROM renewals r
JOIN certificates old ON old.serial = r.old_serial
JOIN keys k ON k.uid = r.uid
JOIN filed_persons f ON f.id = r.person_id
JOIN enterprises e ON e.credit_code = f.credit_code
LEFT JOIN tasks t ON t.sid = r.sid
LEFT JOIN signatures s ON s.sid = r.sid
LEFT JOIN signatures cs ON cs.sid = r.consent_sid
LEFT JOIN certificates c ON c.request_sid = r.sid
LEFT JOIN authorities a ON a.name = c.issuer
WHERE r.device_id = :device_id AND r.account_id = :account_id AND r.state IN ('begun', 'issued');

-- name: set_consent!
-- The first one counts: the key that it is about never changes.
UPDATE renewals SET consent_sid = :consent_sid WHERE sid = :sid AND state = 'begun' AND consent_sid IS NULL;

-- name: issue!
UPDATE renewals SET state = 'issued', confirm_sid = :confirm_sid, expires_at = :expires_at, changed_at = :now
WHERE sid = :sid AND state = 'begun';

-- name: await_confirmation!
-- The new key's own time to confirm; the same key has its certificate in force already.
UPDATE keys SET state = 'renewing', expires_at = :expires_at, generation = generation + 1
WHERE uid = :uid AND state = 'confirmed';

-- name: find_by_confirm^
SELECT r.sid, r.uid, r.old_serial, r.account_id, r.state, r.reason, r.expires_at, old.uid AS old_uid, c.serial,
  c.not_before, c.not_after, (c.state <> 'issued' OR a.revoked_at IS NOT NULL) AS lost,
  f.ended_at IS NULL AS on_file
FROM renewals r
JOIN certificates old ON old.serial = r.old_serial
JOIN filed_persons f ON f.id = r.person_id
JOIN certificates c ON c.request_sid = r.sid
LEFT JOIN authorities a ON a.name = c.issuer
WHERE r.confirm_sid = :confirm_sid;

-- name: confirm!
UPDATE renewals SET state = 'confirmed', changed_at = :now WHERE sid = :sid AND state = 'issued';

-- name: put_in_force!
-- The generation stays: this belongs to an outcome that is guarded by it. The PIN is the old key's, so what was guessed of
-- it goes on counting: all wrong tries at the new key were counted at the old one too.
UPDATE keys SET certificate = :serial, state = 'certified', expires_at = NULL,
  wrong_total = (SELECT old.wrong_total FROM keys old WHERE old.uid = :old_uid)
WHERE uid = :uid;

-- name: retire_key!
-- The replaced key signs nothing any more: its share goes.
UPDATE keys SET share_box = NULL, pending_epoch = NULL, pending_box = NULL, generation = generation + 1 WHERE uid = :uid;

-- name: end_sessions!
DELETE FROM signing_sessions WHERE uid = :uid;

-- name: end_attempts!
DELETE FROM attempts_under_way WHERE uid = :uid;

-- name: move_documents!
-- What the phone has taken and not answered goes on with the key in force: it is the same phone. No request is older than
-- its longest life, so the ids bound what is read.
UPDATE tasks SET uid = :new_uid WHERE uid = :uid AND state = 'waiting' AND request_id IN (
  SELECT id FROM requests WHERE id >= :since AND uid = :uid AND state = 'scanned');

-- name: move_requests!
UPDATE requests SET uid = :new_uid WHERE id >= :since AND uid = :uid AND state = 'scanned';

-- name: close_tasks!
-- Its own documents: those of requests have moved, and what has expired is closed by that. Over tasks_internal.
UPDATE tasks SET state = 'closed' WHERE uid = :uid AND state = 'waiting' AND request_id IS NULL AND expires_at > :now;

-- name: list_dead
-- Not signed for or not confirmed in time, of somebody who is no longer on file, with an old certificate that isn't active
-- any more, or with a new one that never will be: the job that ends what a revoked CA issued has ended it.
SELECT r.sid FROM renewals r
JOIN certificates old ON old.serial = r.old_serial
JOIN filed_persons f ON f.id = r.person_id
LEFT JOIN certificates c ON c.request_sid = r.sid
WHERE r.state IN ('begun', 'issued') AND (r.expires_at <= :now OR old.state <> 'active' OR old.not_after <= :now
  OR c.state <> 'issued' OR f.ended_at IS NOT NULL)
ORDER BY r.begun_at LIMIT :most;

-- name: open_of_device_sid^
SELECT sid FROM renewals WHERE device_id = :device_id AND state IN ('begun', 'issued');

-- name: open_of_key^
-- The renewal in which a key has a part, as the new one or as the one to be replaced.
SELECT r.sid FROM renewals r JOIN certificates c ON c.serial = r.old_serial
WHERE r.state IN ('begun', 'issued') AND (r.uid = :uid OR c.uid = :uid);

-- name: end^
UPDATE renewals SET state = 'ended', changed_at = :now WHERE sid = :sid AND state IN ('begun', 'issued')
RETURNING uid, old_serial, consent_sid, confirm_sid;

-- name: void_new_key!
-- The key that was made for it, never the one in force.
UPDATE keys SET state = 'void', share_box = NULL, generation = generation + 1 WHERE uid = :uid AND certificate IS NULL;

-- name: close_task!
UPDATE tasks SET state = 'closed' WHERE sid = :sid AND state = 'waiting';

-- name: list_unrevoked
-- Certificates that never came into force and never will.
SELECT c.serial FROM renewals r JOIN certificates c ON c.request_sid = r.sid
WHERE r.state = 'ended' AND c.state = 'issued' ORDER BY r.changed_at LIMIT :most;

-- name: unrevoked_of^
SELECT serial FROM certificates WHERE request_sid = :sid AND state = 'issued';

-- name: renewed_key^
-- The key that this one is to replace, while it hasn't yet.
SELECT c.uid FROM renewals r JOIN certificates c ON c.serial = r.old_serial
WHERE r.uid = :uid AND c.uid <> r.uid AND r.state IN ('begun', 'issued');

-- name: count_attempt!
UPDATE keys SET failures = failures + 1, wrong_total = wrong_total + 1, generation = generation + 1
WHERE uid = :uid AND failures < :most_failures AND wrong_total < :most_wrong;

-- name: give_back!
-- A right PIN at this key may have given back all of them meanwhile.
UPDATE keys SET failures = CASE WHEN failures > 0 THEN failures - 1 ELSE 0 END, wrong_total = wrong_total - 1,
  generation = generation + 1
WHERE uid = :uid;
