-- Shields of one enterprise. A shield number may have had several certificates; the one displayed is the unended one,
-- else the newest ended one, else one still being issued. Every statement selects by the enterprise, so that another's
-- shield and an unknown number give the same result.

-- name: page
-- Paged by key, newest first. A null search word matches everything.
SELECT c.serial, c.shield_number, c.person_id, c.common_name, c.role, c.state, c.holds, c.not_before, c.not_after,
  c.issued_at, c.changed_at, sealed(certificates AS c), d.created_at AS device_since,
  NOT ended(c) AND f.ended_at IS NULL AND filing_changed(c, f, e) AS filing_changed,
  NOT ended(c) AND f.ended_at IS NOT NULL AS filing_ended,
  (SELECT s.signed_at FROM signatures s WHERE s.uid = c.uid AND s.purpose IN ('login', 'sign')
    ORDER BY s.signed_at DESC LIMIT 1) AS used_at
FROM certificates c JOIN devices d ON d.id = c.device_id
JOIN filed_persons f ON f.id = c.person_id JOIN enterprises e ON e.credit_code = f.credit_code
WHERE c.credit_code = :credit_code AND (c.issued_at, c.serial) < (:before_at, :before_serial)
  AND (CAST(:state AS TEXT) IS NULL OR CAST(:state AS TEXT) =
      CASE WHEN NOT ended(c) AND c.not_after <= :now THEN 'expired' ELSE c.state END
    OR CAST(:state AS TEXT) = 'expiring' AND usable(c) AND c.not_after <= :due
    OR CAST(:state AS TEXT) = 'filing_changed' AND usable(c) AND f.ended_at IS NULL AND filing_changed(c, f, e)
    OR CAST(:state AS TEXT) = 'filing_ended' AND usable(c) AND f.ended_at IS NOT NULL)
  AND (CAST(:hold AS TEXT) IS NULL OR ',' || c.holds || ',' LIKE '%,' || CAST(:hold AS TEXT) || ',%')
  AND (CAST(:shield_number AS TEXT) IS NULL OR c.shield_number = CAST(:shield_number AS TEXT))
  AND (CAST(:person_id AS TEXT) IS NULL OR c.person_id = CAST(:person_id AS TEXT))
  AND (CAST(:name AS TEXT) IS NULL OR lower(c.common_name) LIKE CAST(:name AS TEXT) ESCAPE '!')
  AND ends_with(c)
  AND NOT EXISTS (SELECT 1 FROM certificates n
    WHERE n.credit_code = c.credit_code AND n.shield_number = c.shield_number
      AND (CASE n.state WHEN 'issued' THEN 0 WHEN 'revoked' THEN 1 WHEN 'superseded' THEN 1 ELSE 2 END,
          n.issued_at, n.serial)
        > (CASE c.state WHEN 'issued' THEN 0 WHEN 'revoked' THEN 1 WHEN 'superseded' THEN 1 ELSE 2 END,
          c.issued_at, c.serial))
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;

-- name: count^
-- The number of shields and of usable ones that match the filing, up to `most`, by each shield's displayed
-- certificate.
SELECT COUNT(*) AS shields, CAST(COALESCE(SUM(s.can), 0) AS BIGINT) AS usable FROM (
  SELECT CASE WHEN usable(c) AND EXISTS (SELECT 1 FROM filed_persons f JOIN enterprises e ON e.credit_code = f.credit_code
    WHERE f.id = c.person_id AND f.ended_at IS NULL AND NOT filing_changed(c, f, e)) THEN 1 ELSE 0 END AS can
  FROM certificates c
  WHERE c.credit_code = :credit_code AND NOT EXISTS (SELECT 1 FROM certificates n
    WHERE n.credit_code = c.credit_code AND n.shield_number = c.shield_number
      AND (CASE n.state WHEN 'issued' THEN 0 WHEN 'revoked' THEN 1 WHEN 'superseded' THEN 1 ELSE 2 END,
          n.issued_at, n.serial)
        > (CASE c.state WHEN 'issued' THEN 0 WHEN 'revoked' THEN 1 WHEN 'superseded' THEN 1 ELSE 2 END,
          c.issued_at, c.serial))
  LIMIT :most) s;

-- name: certificates
-- All certificates of one shield, the displayed one first.
SELECT c.serial, c.shield_number, c.person_id, c.common_name, c.role, c.state, c.holds, c.not_before, c.not_after,
  c.issued_at, c.changed_at, sealed(certificates AS c), d.created_at AS device_since,
  NOT ended(c) AND f.ended_at IS NULL AND filing_changed(c, f, e) AS filing_changed,
  NOT ended(c) AND f.ended_at IS NOT NULL AS filing_ended,
  (SELECT s.signed_at FROM signatures s WHERE s.uid = c.uid AND s.purpose IN ('login', 'sign')
    ORDER BY s.signed_at DESC LIMIT 1) AS used_at
FROM certificates c JOIN devices d ON d.id = c.device_id
JOIN filed_persons f ON f.id = c.person_id JOIN enterprises e ON e.credit_code = f.credit_code
WHERE c.credit_code = :credit_code AND c.shield_number = :shield_number
ORDER BY CASE c.state WHEN 'issued' THEN 0 WHEN 'revoked' THEN 1 WHEN 'superseded' THEN 1 ELSE 2 END DESC,
  c.issued_at DESC, c.serial DESC;

-- name: standings
-- The certificates that an act changes: like `certificates`, without columns that only lists display.
SELECT sealed(certificates AS c), c.state, c.holds FROM certificates c
WHERE c.credit_code = :credit_code AND c.shield_number = :shield_number
ORDER BY CASE c.state WHEN 'issued' THEN 0 WHEN 'revoked' THEN 1 WHEN 'superseded' THEN 1 ELSE 2 END DESC,
  c.issued_at DESC, c.serial DESC;

-- name: standing_shield^
-- For staff, of any enterprise: the unended certificate of a shield number. Uses certificates_shield_end.
SELECT sealed(certificates AS c), c.state, c.holds FROM certificates c
WHERE substr(c.shield_number, 10) = substr(CAST(:shield_number AS TEXT), 10)
  AND c.shield_number = CAST(:shield_number AS TEXT) AND NOT ended(c)
ORDER BY CASE c.state WHEN 'issued' THEN 0 ELSE 1 END DESC, c.issued_at DESC, c.serial DESC LIMIT 1;

-- name: is_known^
-- Uses certificates_shield_end.
SELECT c.serial FROM certificates c
WHERE substr(c.shield_number, 10) = substr(CAST(:shield_number AS TEXT), 10) AND c.shield_number = CAST(:shield_number AS TEXT)
LIMIT 1;

-- name: events
-- The events of all certificates of one shield, oldest first.
SELECT e.serial, e.event, e.actor, a.name AS actor_name, e.reason, e.state, e.holds, e.at
FROM certificates c JOIN certificate_events e ON e.serial = c.serial
LEFT JOIN accounts a ON a.id = e.actor_id AND e.actor IN ('user', 'legal_person')
WHERE c.credit_code = :credit_code AND c.shield_number = :shield_number ORDER BY e.id;

-- name: history
-- The events of all the enterprise's shields, newest first, before the given event. A null search word matches
-- everything.
SELECT e.id, c.shield_number, c.common_name, e.serial, e.event, e.actor, a.name AS actor_name, e.reason, e.state, e.holds, e.at
FROM certificates c JOIN certificate_events e ON e.serial = c.serial
LEFT JOIN accounts a ON a.id = e.actor_id AND e.actor IN ('user', 'legal_person')
WHERE c.credit_code = :credit_code AND e.id < :before AND e.at >= :since AND e.at < :until
  AND (CAST(:shield_number AS TEXT) IS NULL OR c.shield_number = CAST(:shield_number AS TEXT))
  AND (CAST(:name AS TEXT) IS NULL OR lower(c.common_name) LIKE CAST(:name AS TEXT) ESCAPE '!')
  AND ends_with(c)
  AND (CAST(:event AS TEXT) IS NULL OR e.event = CAST(:event AS TEXT))
ORDER BY e.id DESC LIMIT :page_size;
