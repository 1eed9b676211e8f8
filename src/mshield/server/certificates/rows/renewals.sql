-- name: in_force^
-- The certificate with which a device signs, and the filing's current version; null if the person is no longer on
-- file.
SELECT c.serial, c.uid, c.state, c.holds, c.not_after, c.filing_version, c.person_id, c.shield_number,
  c.issuer, c.role, c.credit_code, k.public_key, k.enrol_sid, k.mark,
  CASE WHEN f.ended_at IS NULL THEN f.version + e.version END AS filed_version
FROM keys k
JOIN certificates c ON c.serial = k.certificate
JOIN filed_persons f ON f.id = c.person_id
JOIN enterprises e ON e.credit_code = f.credit_code
WHERE k.device_id = :device_id AND k.account_id = :account_id AND NOT ended(c)
ORDER BY c.issued_at DESC LIMIT 1;

-- name: insert!
INSERT INTO renewals (sid, uid, old_serial, account_id, device_id, person_id, filing_version, subject, ca, state, reason,
  begun_at, expires_at, changed_at)
VALUES (:sid, :uid, :old_serial, :account_id, :device_id, :person_id, :filing_version, :subject, :ca, 'begun', :reason,
  :now, :expires_at, :now);

-- name: insert_task!
-- A document of the renewal itself; a repeated call changes nothing.
INSERT INTO tasks (sid, request_id, position, uid, purpose, state, message, media_type, title, display, created_at, expires_at)
VALUES (:sid, NULL, 0, :uid, :purpose, 'waiting', :message, :media_type, :title, '[]', :now, :expires_at)
ON CONFLICT (sid) DO NOTHING;

-- name: open_of_device^
-- The renewal in progress with all that its next step needs: both keys, both requests and their signatures. It is lost
-- if its own certificate, or that certificate's CA, has ended.
SELECT r.sid, r.uid, r.old_serial, r.account_id, r.device_id, r.person_id, r.filing_version, r.subject, r.ca, r.seal_version, r.seal,
  sealed(filed_persons AS f), sealed(enterprises AS e), r.consent_sid, r.confirm_sid, r.state, r.reason, r.expires_at, old.uid AS old_uid, old.state AS old_state, old.holds AS old_holds,
  old.not_after AS old_not_after, old.shield_number, k.public_key, k.enrol_sid, k.mark, old.der AS old_der,
  t.message AS request_info, s.signature AS request_signature, cs.signature AS consent_signature,
  c.serial AS reserved,
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
-- Only the first consent is stored, since its key never changes.
UPDATE renewals SET consent_sid = :consent_sid WHERE sid = :sid AND state = 'begun' AND consent_sid IS NULL;

-- name: await_ca!
-- The renewal waits for an outside CA as long as an application does.
UPDATE renewals SET expires_at = :expires_at, changed_at = :now WHERE sid = :sid AND state = 'begun';

-- name: find^
SELECT sid FROM renewals WHERE sid = :sid;

-- name: issue!
UPDATE renewals SET state = 'issued', confirm_sid = :confirm_sid, expires_at = :expires_at, changed_at = :now
WHERE sid = :sid AND state = 'begun';

-- name: await_confirmation!
-- Gives the new key its own deadline for the confirmation. Without a new key, the key's certificate is already in
-- force.
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
-- The generation is unchanged, because this is part of an outcome that it guards. The PIN is the old key's, so its
-- wrong attempts are carried over: those at the new key were counted at the old one too.
UPDATE keys SET certificate = :serial, state = 'certified', expires_at = NULL,
  wrong_total = (SELECT old.wrong_total FROM keys old WHERE old.uid = :old_uid)
WHERE uid = :uid;

-- name: retire_key!
-- The replaced key signs nothing more, so its share is deleted.
UPDATE keys SET share_box = NULL, pending_epoch = NULL, pending_box = NULL, generation = generation + 1 WHERE uid = :uid;

-- name: end_sessions!
DELETE FROM signing_sessions WHERE uid = :uid;

-- name: end_attempts!
DELETE FROM attempts_under_way WHERE uid = :uid;

-- name: move_documents!
-- Documents that the phone has accepted and not answered move to the key in force, since it is the same phone. No
-- request is older than its maximum lifetime, so the range of ids limits the rows read.
UPDATE tasks SET uid = :new_uid WHERE uid = :uid AND state = 'waiting' AND request_id IN (
  SELECT id FROM requests WHERE id >= :since AND uid = :uid AND state = 'scanned');

-- name: move_requests!
UPDATE requests SET uid = :new_uid WHERE id >= :since AND uid = :uid AND state = 'scanned';

-- name: close_tasks!
-- The key's own documents: those of requests were moved, and expired ones need no change. Uses tasks_internal.
UPDATE tasks SET state = 'closed' WHERE uid = :uid AND state = 'waiting' AND request_id IS NULL AND expires_at > :now;

-- name: list_dead
-- Renewals to end: not signed or confirmed in time, the person is no longer on file, the old certificate is no longer
-- active, or the new one was ended by the job that revokes the certificates of a revoked CA.
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
-- The renewal in which a key is either the new one or the one to be replaced.
SELECT r.sid FROM renewals r JOIN certificates c ON c.serial = r.old_serial
WHERE r.state IN ('begun', 'issued') AND (r.uid = :uid OR c.uid = :uid);

-- name: end^
UPDATE renewals SET state = 'ended', changed_at = :now WHERE sid = :sid AND state IN ('begun', 'issued')
RETURNING uid, old_serial, consent_sid, confirm_sid;

-- name: void_new_key!
-- Voids the key made for the renewal, never one in force.
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
-- The key that this one will replace, until the renewal is done.
SELECT c.uid FROM renewals r JOIN certificates c ON c.serial = r.old_serial
WHERE r.uid = :uid AND c.uid <> r.uid AND r.state IN ('begun', 'issued');

-- name: count_attempt!
UPDATE keys SET failures = failures + 1, wrong_total = wrong_total + 1, generation = generation + 1
WHERE uid = :uid AND failures < :most_failures AND wrong_total < :most_wrong;

-- name: give_back!
-- A correct PIN at this key may have reset the count meanwhile.
UPDATE keys SET failures = CASE WHEN failures > 0 THEN failures - 1 ELSE 0 END, wrong_total = wrong_total - 1,
  generation = generation + 1
WHERE uid = :uid;
