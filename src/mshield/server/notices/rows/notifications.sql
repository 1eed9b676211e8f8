-- name: insert!
-- Nothing happens where this account has been told of this occasion.
INSERT INTO notifications (id, kind, account_id, phone, occasion, details, state, attempts, next_at, created_at)
VALUES (:id, :kind, :account_id, NULL, :occasion, :details, 'waiting', 0, :now, :now)
ON CONFLICT (account_id, kind, occasion) DO NOTHING;

-- name: insert_for_number!
-- To a number that the account no longer has.
INSERT INTO notifications (id, kind, account_id, phone, occasion, details, state, attempts, next_at, created_at)
VALUES (:id, :kind, :account_id, :phone, :occasion, :details, 'waiting', 0, :next_at, :now);

-- name: unnotified_events
-- What happened to certificates and has not been made a notice yet.
SELECT e.id, e.event, e.actor, e.reason, c.account_id, c.credit_code, c.shield_number,
  c.common_name AS holder, c.role,
  EXISTS (SELECT 1 FROM certificate_events a WHERE a.serial = e.serial AND a.event = 'activate') AS was_in_force,
  EXISTS (SELECT 1 FROM certificates o WHERE o.device_id = c.device_id AND o.account_id = c.account_id
    AND o.serial <> c.serial AND o.state = 'superseded') AS renews
FROM certificate_events e JOIN certificates c ON c.serial = e.serial
WHERE e.notified_at IS NULL ORDER BY e.at LIMIT :most;

-- name: mark_notified!
-- No row touched: another process has taken it.
UPDATE certificate_events SET notified_at = :now WHERE id = :id AND notified_at IS NULL;

-- name: legal_persons
-- Whoever has their number and nothing that proves it is told nothing, as in the portal.
SELECT DISTINCT a.id FROM filed_persons f JOIN accounts a ON a.id_number_hash = f.id_number_hash
JOIN identity_proofs p ON p.account_id = a.id AND (p.person_id = f.id OR p.person_id IS NULL) AND p.ended_at IS NULL
  AND p.counts_from <= :now
WHERE f.credit_code = :credit_code AND f.role = 'legal_person' AND f.ended_at IS NULL AND a.state = 'active';

-- name: due
SELECT n.id, n.kind, n.details, n.attempts, n.unanswered, n.created_at, COALESCE(n.phone, a.phone) AS phone
FROM notifications n JOIN accounts a ON a.id = n.account_id
WHERE n.state = 'waiting' AND n.next_at <= :now ORDER BY n.next_at LIMIT :most;

-- name: begin_attempt!
-- Before it is sent, so that a process that dies in between costs an attempt and no endless repetition.
UPDATE notifications SET attempts = attempts + 1, unanswered = unanswered + 1, next_at = :next_at
WHERE id = :id AND state = 'waiting' AND attempts = :attempts;

-- name: put_off!
UPDATE notifications SET next_at = :next_at WHERE id = :id AND state = 'waiting';

-- name: end!
UPDATE notifications SET state = :state, ended_at = :now, last_error = :error, phone = NULL WHERE id = :id AND state = 'waiting';

-- name: note_refusal!
-- It certainly wasn't taken.
UPDATE notifications SET last_error = :error, unanswered = unanswered - 1 WHERE id = :id AND state = 'waiting';

-- name: note_silence!
UPDATE notifications SET last_error = :error, next_at = :next_at WHERE id = :id AND state = 'waiting';

-- name: purge!
-- Kinds that are told once in a lifetime stay: their rows say that they were told.
DELETE FROM notifications WHERE ended_at <= :before
  AND kind NOT IN ('new_device', 'renewal_ending', 'renewal_filing', 'expired');

-- name: ending
-- In force and over before :until, can be renewed, and nobody has been told. Whether half a year is left is the domain's
-- question.
SELECT c.serial, c.account_id, c.shield_number, c.not_after FROM certificates c JOIN filed_persons f ON f.id = c.person_id
WHERE usable(c) AND f.ended_at IS NULL AND c.not_after < :until AND c.serial > :after
  AND NOT EXISTS (SELECT 1 FROM notifications n
    WHERE n.account_id = c.account_id AND n.kind = 'renewal_ending' AND n.occasion = c.serial)
ORDER BY c.serial LIMIT :most;

-- name: outdated
-- In force, can be renewed, and the filing behind it has another version, of which nobody has been told.
SELECT c.serial, c.account_id, c.shield_number, f.version + e.version AS filed_version
FROM certificates c JOIN filed_persons f ON f.id = c.person_id JOIN enterprises e ON e.credit_code = f.credit_code
WHERE usable(c) AND f.ended_at IS NULL AND c.serial > :after
  AND filing_changed(c, f, e)
  AND NOT EXISTS (SELECT 1 FROM notifications n WHERE n.account_id = c.account_id AND n.kind = 'renewal_filing'
    AND n.occasion = c.serial || ' ' || CAST(f.version + e.version AS TEXT))
ORDER BY c.serial LIMIT :most;

-- name: over
-- Ended by the clock lately, and nobody has been told.
SELECT c.serial, c.account_id, c.shield_number FROM certificates c
WHERE c.state IN ('active', 'pin_locked') AND c.not_after <= :now AND c.not_after > :since AND c.serial > :after
  AND NOT EXISTS (SELECT 1 FROM notifications n
    WHERE n.account_id = c.account_id AND n.kind = 'expired' AND n.occasion = c.serial)
ORDER BY c.serial LIMIT :most;
