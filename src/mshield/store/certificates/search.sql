-- All enterprises' certificates, for staff. Search words that are null don't count.

-- name: page
-- By key, newest first, over the index certificates_newest; narrowed by shield number, credit code or person over theirs.
SELECT c.serial, c.shield_number, c.organisation, c.credit_code, c.common_name, c.role, c.state, c.holds, c.not_before,
  c.not_after, c.issued_at, c.person_id, p.id_type, p.id_number_box
FROM certificates c JOIN filed_persons p ON p.id = c.person_id
WHERE (c.issued_at, c.serial) < (:before_at, :before_serial)
  AND (CAST(:state AS TEXT) IS NULL OR CAST(:state AS TEXT) =
    CASE WHEN NOT ended(c) AND c.not_after <= :now THEN 'expired' ELSE c.state END)
  AND (CAST(:hold AS TEXT) IS NULL OR ',' || c.holds || ',' LIKE '%,' || CAST(:hold AS TEXT) || ',%')
  AND (CAST(:shield_number AS TEXT) IS NULL OR c.shield_number = CAST(:shield_number AS TEXT))
  AND (CAST(:serial AS TEXT) IS NULL OR c.serial = CAST(:serial AS TEXT))
  AND (CAST(:credit_code AS TEXT) IS NULL OR c.credit_code = CAST(:credit_code AS TEXT))
  AND (CAST(:name AS TEXT) IS NULL OR lower(c.common_name) LIKE CAST(:name AS TEXT) ESCAPE '!'
    OR lower(c.organisation) LIKE CAST(:organisation AS TEXT) ESCAPE '!')
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;

-- name: find^
-- One certificate with its holder, its account, its device and how its key stands.
SELECT c.serial, c.uid, c.issuer, c.shield_number, c.organisation, c.credit_code, c.common_name, c.role, c.state, c.holds,
  c.not_before, c.not_after, c.issued_at, c.changed_at, c.revoked_at, c.revocation_reason, c.der, c.person_id,
  c.filing_version, p.id_type, p.id_number_box, p.ended_at, p.version AS person_version, e.version AS enterprise_version,
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
-- What happened to it, the oldest first, and who did it, where the actor has a name here.
SELECT e.id, e.event, e.actor, e.actor_id, COALESCE(a.name, s.name) AS actor_name, e.reason, e.state, e.holds, e.at,
  e.revocation_reason
FROM certificate_events e
LEFT JOIN accounts a ON a.id = e.actor_id AND e.actor IN ('user', 'legal_person')
LEFT JOIN staff s ON s.id = e.actor_id AND e.actor = 'staff'
WHERE e.serial = :serial ORDER BY e.id;

-- name: of_device
-- The certificates that the same device had: those before it and after it.
SELECT c.serial, c.state, c.issued_at, c.not_after FROM certificates c
WHERE c.device_id = (SELECT device_id FROM certificates WHERE serial = :serial) AND c.serial <> :serial
ORDER BY c.issued_at DESC, c.serial LIMIT 20;

-- name: standing_of
-- What a CA has issued and nobody has ended, by serial.
SELECT serial FROM certificates
WHERE serial > :after AND issuer = :issuer AND state IN ('issued', 'active', 'pin_locked')
ORDER BY serial LIMIT :most;

-- name: standing_by_enterprise
-- Those of an issuer that still count, by enterprise, the most first.
SELECT credit_code, MAX(organisation) AS enterprise, COUNT(*) AS certificates FROM certificates
WHERE issuer = :issuer AND state IN ('issued', 'active', 'pin_locked')
GROUP BY credit_code ORDER BY COUNT(*) DESC, credit_code LIMIT :most;

-- name: count_signed_since^
-- Signatures by certificates of an issuer; a scan, for what is asked once in years.
SELECT COUNT(*) AS signatures FROM signatures s JOIN certificates c ON c.serial = s.serial
WHERE c.issuer = :issuer AND s.signed_at >= :since;

-- name: count_standing^
SELECT COUNT(*) AS count, COUNT(DISTINCT credit_code) AS enterprises FROM certificates
WHERE issuer = :issuer AND state IN ('issued', 'active', 'pin_locked');
