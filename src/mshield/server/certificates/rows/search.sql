-- Certificate search for staff over all enterprises, in two steps: first the places (issue time and serial) of the
-- page, from an index in this order, then their result lines. Each statement that returns places applies all search
-- words; a null word matches everything, and the word in the statement's name uses an index.

-- name: newest
-- Uses certificates_newest.
SELECT c.issued_at AS at, c.serial FROM certificates c
WHERE (c.issued_at, c.serial) < (:before_at, :before_serial) AND fits(c)
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;

-- name: of_serial
-- Finds one certificate.
SELECT c.issued_at AS at, c.serial FROM certificates c
WHERE c.serial = :piece
  AND (c.issued_at, c.serial) < (:before_at, :before_serial) AND fits(c)
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;

-- name: of_shield_end
-- Finds the last four digits of the shield number; uses certificates_shield_end.
SELECT c.issued_at AS at, c.serial FROM certificates c
WHERE substr(c.shield_number, 10) = :piece
  AND (c.issued_at, c.serial) < (:before_at, :before_serial) AND fits(c)
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;

-- name: of_surname
-- Uses certificates_surname.
SELECT c.issued_at AS at, c.serial FROM certificates c
WHERE substr(c.common_name, 1, 1) = :piece
  AND (c.issued_at, c.serial) < (:before_at, :before_serial) AND fits(c)
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;

-- name: of_name
-- Uses certificates_name.
SELECT c.issued_at AS at, c.serial FROM certificates c
WHERE substr(c.common_name, 1, 2) = :piece
  AND (c.issued_at, c.serial) < (:before_at, :before_serial) AND fits(c)
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;

-- name: of_given_name
-- Finds the characters after the first one; uses certificates_given_name.
SELECT c.issued_at AS at, c.serial FROM certificates c
WHERE substr(c.common_name, 2, 2) = :piece
  AND (c.issued_at, c.serial) < (:before_at, :before_serial) AND fits(c)
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;

-- name: of_enterprise
-- Uses certificates_enterprise.
SELECT c.issued_at AS at, c.serial FROM certificates c
WHERE c.credit_code = :piece
  AND (c.issued_at, c.serial) < (:before_at, :before_serial) AND fits(c)
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;

-- name: of_account
-- Uses certificates_account.
SELECT c.issued_at AS at, c.serial FROM certificates c
WHERE c.account_id = :piece
  AND (c.issued_at, c.serial) < (:before_at, :before_serial) AND fits(c)
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;

-- name: of_state
-- Finds the stored state; uses certificates_state.
SELECT c.issued_at AS at, c.serial FROM certificates c
WHERE c.state = :piece
  AND (c.issued_at, c.serial) < (:before_at, :before_serial) AND fits(c)
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;

-- name: of_hold
-- Uses certificates_held, which contains all needed columns.
SELECT c.issued_at AS at, c.serial FROM certificates c
WHERE c.holds <> ''
  AND (c.issued_at, c.serial) < (:before_at, :before_serial) AND fits(c)
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;

-- name: of_id_end
-- Uses filed_persons_id_number_end and certificates_person.
SELECT c.issued_at AS at, c.serial FROM filed_persons p JOIN certificates c ON c.person_id = p.id
WHERE p.id_number_end = :piece
  AND (c.issued_at, c.serial) < (:before_at, :before_serial) AND fits(c)
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;

-- name: of_phone_end
-- Uses accounts_phone_end and certificates_account.
SELECT c.issued_at AS at, c.serial FROM accounts a JOIN certificates c ON c.account_id = a.id
WHERE substr(a.phone, length(a.phone) - 3) = :piece
  AND (c.issued_at, c.serial) < (:before_at, :before_serial) AND fits(c)
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;

-- name: expired
-- Most recently expired first; uses certificates_ends.
SELECT c.not_after AS at, c.serial FROM certificates c
WHERE c.state <> 'revoked' AND c.state <> 'superseded' AND c.not_after <= :now
  AND (c.not_after, c.serial) < (:before_at, :before_serial) AND fits(c)
ORDER BY c.not_after DESC, c.serial DESC LIMIT :page_size;

-- name: expiring
-- Next to expire first; uses certificates_ends.
SELECT c.not_after AS at, c.serial FROM certificates c
WHERE c.state <> 'revoked' AND c.state <> 'superseded' AND c.not_after > :now AND c.not_after <= :due
  AND (c.not_after, c.serial) > (:before_at, :before_serial) AND fits(c)
ORDER BY c.not_after ASC, c.serial ASC LIMIT :page_size;

-- name: find^
-- One certificate with its holder, its account, its device and its key's state.
SELECT c.serial, c.uid, c.issuer, c.shield_number, c.organisation, c.credit_code, c.common_name, c.role, c.state, c.holds,
  c.not_before, c.not_after, c.issued_at, c.changed_at, c.revoked_at, c.revocation_reason, c.der, c.person_id,
  p.id_type, p.id_number_box, p.ended_at, filing_changed(c, p, e) AS filing_changed,
  a.phone, a.source, d.created_at AS device_since, k.failures, k.wrong_total,
  (SELECT COUNT(*) FROM signatures s WHERE s.uid = c.uid AND s.serial = c.serial) AS signatures,
  (SELECT MAX(s.signed_at) FROM signatures s WHERE s.uid = c.uid AND s.serial = c.serial
    AND s.purpose IN ('login', 'sign')) AS used_at
FROM certificates c
JOIN filed_persons p ON p.id = c.person_id
JOIN enterprises e ON e.credit_code = p.credit_code
JOIN accounts a ON a.id = c.account_id
JOIN devices d ON d.id = c.device_id
JOIN keys k ON k.uid = c.uid
WHERE c.serial = :serial;

-- name: events
-- The certificate's events, oldest first, with the actor's name if it is known here.
SELECT e.id, e.event, e.actor, e.actor_id, COALESCE(a.name, s.name) AS actor_name, e.reason, e.state, e.holds, e.at,
  e.revocation_reason
FROM certificate_events e
LEFT JOIN accounts a ON a.id = e.actor_id AND e.actor IN ('user', 'legal_person')
LEFT JOIN staff s ON s.id = e.actor_id AND e.actor = 'staff'
WHERE e.serial = :serial ORDER BY e.id;

-- name: of_device
-- The other certificates of the same device, earlier and later.
SELECT c.serial, c.state, c.issued_at, c.not_after FROM certificates c
WHERE c.device_id = (SELECT device_id FROM certificates WHERE serial = :serial) AND c.serial <> :serial
ORDER BY c.issued_at DESC, c.serial LIMIT 20;

-- name: standing_of
-- The unended certificates of a CA, by serial.
SELECT serial FROM certificates
WHERE serial > :after AND issuer = :issuer AND state IN ('issued', 'active', 'pin_locked')
ORDER BY serial LIMIT :most;

-- name: standing_by_enterprise
-- The number of unended certificates of an issuer by enterprise, largest first.
SELECT credit_code, MAX(organisation) AS enterprise, COUNT(*) AS certificates FROM certificates
WHERE issuer = :issuer AND state IN ('issued', 'active', 'pin_locked')
GROUP BY credit_code ORDER BY COUNT(*) DESC, credit_code LIMIT :most;

-- name: count_signed_since^
-- The number of signatures by certificates of an issuer. It scans the table, since it is asked once in years.
SELECT COUNT(*) AS signatures FROM signatures s JOIN certificates c ON c.serial = s.serial
WHERE c.issuer = :issuer AND s.signed_at >= :since;

-- name: count_standing^
SELECT COUNT(*) AS count, COUNT(DISTINCT credit_code) AS enterprises FROM certificates
WHERE issuer = :issuer AND state IN ('issued', 'active', 'pin_locked');
