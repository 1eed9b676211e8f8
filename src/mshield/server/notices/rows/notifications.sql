-- name: insert!
-- No-op if this account already has a notice of this occasion.
INSERT INTO notifications (id, kind, account_id, phone, occasion, details, state, attempts, next_at, created_at)
VALUES (:id, :kind, :account_id, NULL, :occasion, :details, 'waiting', 0, :now, :now)
ON CONFLICT (account_id, kind, occasion) DO NOTHING;

-- name: insert_for_number!
-- For a number that the account no longer has.
INSERT INTO notifications (id, kind, account_id, phone, occasion, details, state, attempts, next_at, created_at)
VALUES (:id, :kind, :account_id, :phone, :occasion, :details, 'waiting', 0, :next_at, :now);

-- name: unnotified_events
-- Certificate events for which no notice has been made yet.
SELECT e.id, e.event, e.actor, e.reason, c.account_id, c.credit_code, c.shield_number,
  c.common_name AS holder, c.role,
  EXISTS (SELECT 1 FROM certificate_events a WHERE a.serial = e.serial AND a.event = 'activate') AS was_in_force,
  EXISTS (SELECT 1 FROM certificates o WHERE o.device_id = c.device_id AND o.account_id = c.account_id
    AND o.serial <> c.serial AND o.state = 'superseded') AS renews
FROM certificate_events e JOIN certificates c ON c.serial = e.serial
WHERE e.notified_at IS NULL ORDER BY e.at LIMIT :most;

-- name: mark_notified!
-- No row is changed if another process has handled it.
UPDATE certificate_events SET notified_at = :now WHERE id = :id AND notified_at IS NULL;

-- name: legal_persons
-- Excludes accounts that have a legal person's number without a proof, as the portal does.
SELECT DISTINCT a.id FROM filed_persons f JOIN accounts a ON a.id_number_hash = f.id_number_hash
JOIN identity_proofs p ON p.account_id = a.id AND (p.person_id = f.id OR p.person_id IS NULL) AND p.ended_at IS NULL
  AND p.counts_from <= :now
WHERE f.credit_code = :credit_code AND f.role = 'legal_person' AND f.ended_at IS NULL AND a.state = 'active';

-- name: due
SELECT n.id, n.kind, n.details, n.attempts, n.unanswered, n.created_at, COALESCE(n.phone, a.phone) AS phone
FROM notifications n JOIN accounts a ON a.id = n.account_id
WHERE n.state = 'waiting' AND n.next_at <= :now ORDER BY n.next_at LIMIT :most;

-- name: begin_attempt!
-- Written before sending, so that a process that dies meanwhile uses up an attempt and doesn't repeat endlessly.
UPDATE notifications SET attempts = attempts + 1, unanswered = unanswered + 1, next_at = :next_at
WHERE id = :id AND state = 'waiting' AND attempts = :attempts;

-- name: put_off!
UPDATE notifications SET next_at = :next_at WHERE id = :id AND state = 'waiting';

-- name: end!
UPDATE notifications SET state = :state, ended_at = :now, last_error = :error, phone = NULL WHERE id = :id AND state = 'waiting';

-- name: note_refusal!
-- The provider certainly didn't accept it.
UPDATE notifications SET last_error = :error, unanswered = unanswered - 1 WHERE id = :id AND state = 'waiting';

-- name: note_silence!
UPDATE notifications SET last_error = :error, next_at = :next_at WHERE id = :id AND state = 'waiting';

-- name: purge!
-- Kinds that are sent once in a lifetime are kept: their rows show that they were sent.
DELETE FROM notifications WHERE ended_at <= :before
  AND kind NOT IN ('new_device', 'renewal_ending', 'renewal_filing', 'expired');

-- name: ending
-- Certificates in force that end before :until, can be renewed and have had no notice of it. The caller checks whether
-- half a year is left.
SELECT c.serial, c.account_id, c.shield_number, c.not_after FROM certificates c JOIN filed_persons f ON f.id = c.person_id
WHERE usable(c) AND f.ended_at IS NULL AND c.not_after < :until AND c.serial > :after
  AND NOT EXISTS (SELECT 1 FROM notifications n
    WHERE n.account_id = c.account_id AND n.kind = 'renewal_ending' AND n.occasion = c.serial)
ORDER BY c.serial LIMIT :most;

-- name: outdated
-- Certificates in force that can be renewed and whose filing has a newer version without a notice.
SELECT c.serial, c.account_id, c.shield_number, f.version + e.version AS filed_version
FROM certificates c JOIN filed_persons f ON f.id = c.person_id JOIN enterprises e ON e.credit_code = f.credit_code
WHERE usable(c) AND f.ended_at IS NULL AND c.serial > :after
  AND filing_changed(c, f, e)
  AND NOT EXISTS (SELECT 1 FROM notifications n WHERE n.account_id = c.account_id AND n.kind = 'renewal_filing'
    AND n.occasion = c.serial || ' ' || CAST(f.version + e.version AS TEXT))
ORDER BY c.serial LIMIT :most;

-- name: over
-- Recently expired certificates without a notice.
SELECT c.serial, c.account_id, c.shield_number FROM certificates c
WHERE c.state IN ('active', 'pin_locked') AND c.not_after <= :now AND c.not_after > :since AND c.serial > :after
  AND NOT EXISTS (SELECT 1 FROM notifications n
    WHERE n.account_id = c.account_id AND n.kind = 'expired' AND n.occasion = c.serial)
ORDER BY c.serial LIMIT :most;
