-- name: find_filed^
-- The filed person that an application names, with their enterprise. Each record has its own version.
SELECT sealed(filed_persons AS f), sealed(enterprises AS e)
FROM filed_persons f JOIN enterprises e ON e.credit_code = f.credit_code
WHERE f.credit_code = :credit_code AND f.role = :role AND f.id_number_hash = :id_number_hash AND f.ended_at IS NULL;

-- name: live_on_device^
-- An unended certificate on this device, neither revoked nor superseded; one that is or was in use comes first.
SELECT serial, state, holds, not_after FROM certificates
WHERE device_id = :device_id AND NOT ended(certificates)
ORDER BY CASE WHEN state = 'issued' THEN 1 ELSE 0 END, issued_at DESC, serial DESC LIMIT 1;

-- name: devices_in_use^
-- Counts the devices of all accounts of the account's person (R5). A device belongs to one account (R7), so none is
-- counted twice.
SELECT COALESCE(SUM((SELECT COUNT(DISTINCT c.device_id) FROM certificates c
  WHERE c.account_id = b.id AND c.device_id <> :device_id AND NOT ended(c))), 0) AS devices
FROM accounts a JOIN accounts b ON b.id_number_hash = a.id_number_hash
WHERE a.id = :account_id;

-- name: reset_beside_a_shield^
-- The time of the account's last password reset, if another device has a shield of the account that nobody else has
-- stopped: whoever reset the password can also stop the shield, by SMS, by wrong PINs or, as a legal person, at the
-- portal.
SELECT MAX(t.at) AS at FROM acts t WHERE t.subject = :account_id AND t.act = :act AND t.at > :since
  AND EXISTS (SELECT 1 FROM certificates c WHERE c.account_id = :account_id AND c.device_id <> :device_id
    AND c.not_after > :now AND (c.state IN ('active', 'pin_locked') OR (c.state = 'revoked' AND c.revoked_at > :since))
    AND NOT EXISTS (SELECT 1 FROM certificate_events e WHERE e.serial = c.serial
      AND e.event IN ('report_loss', 'freeze', 'suspend', 'revoke') AND e.actor <> 'user'
      AND (e.actor_id IS NULL OR e.actor_id <> :account_id) AND e.at >= COALESCE(c.held_since, c.revoked_at)));

-- name: give_shield_number^
-- Keeps an existing number, since it belongs to the device.
UPDATE devices SET shield_number = COALESCE(shield_number, :shield_number) WHERE id = :device_id RETURNING shield_number;

-- name: void_unfinished!
UPDATE keys SET state = 'void', generation = generation + 1 WHERE device_id = :device_id AND state = 'enrolling';

-- name: insert_key!
INSERT INTO keys (uid, account_id, device_id, person_id, filing_version, subject, state, enrol_sid, challenge_hash, epoch,
  last_epoch, failures, wrong_total, otp_hash, opens_window, opens, generation, created_at, expires_at, mark)
VALUES (:uid, :account_id, :device_id, :person_id, :filing_version, :subject, 'enrolling', :enrol_sid, :challenge_hash, 0,
  0, 0, 0, :otp_hash, 0, 0, 0, :now, :expires_at, :mark);

-- name: find_enrolment^
SELECT sealed(keys AS k), k.enrol_sid, k.challenge_hash, k.state, k.public_key, k.share_box, k.epoch, k.expires_at, k.mark
FROM keys k WHERE k.uid = :uid AND k.account_id = :account_id AND k.device_id = :device_id;

-- name: set_challenge!
UPDATE keys SET challenge_hash = :challenge_hash, mark = :mark
WHERE uid = :uid AND state = 'enrolling' AND share_box IS NULL AND mark = :begun;

-- name: claim!
-- Changes nothing, but makes concurrent calls for the same key wait until this one ends.
UPDATE keys SET state = 'enrolling' WHERE uid = :uid AND state = 'enrolling' AND share_box = :share_box;

-- name: void!
-- Handles a second P1 for an existing key. Deletes the share, so that no later answer reveals anything about the first
-- P1.
UPDATE keys SET state = 'void', share_box = NULL, generation = generation + 1
WHERE uid = :uid AND state = 'enrolling' AND share_box IS NOT NULL;

-- name: set_public_key!
-- Runs once: the mark of the begun enrolment is replaced by the key's.
UPDATE keys SET public_key = :public_key, share_box = :share_box, generation = generation + 1, mark = :mark
WHERE uid = :uid AND state = 'enrolling' AND share_box IS NULL AND mark = :begun;

-- name: insert_task!
INSERT INTO tasks (sid, request_id, position, uid, purpose, state, message, media_type, title, display, created_at, expires_at)
VALUES (:sid, NULL, 0, :uid, 'enrol', 'waiting', :message, 'application/pkcs10', :title, :display, :now, :expires_at);
