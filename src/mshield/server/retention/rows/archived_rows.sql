-- name: acts
-- Excludes acts that the service itself uses: `log verify` compares authorities, seals and erasures with them.
SELECT id, actor, actor_id, act, subject, details, at, log_index FROM acts
WHERE id > :after AND id < :before AND act NOT LIKE 'ca.%' AND act NOT IN ('archive.erase', 'people.erase')
ORDER BY id LIMIT :most;

-- name: remove_acts!
DELETE FROM acts
WHERE id > :after AND id <= :last AND act NOT LIKE 'ca.%' AND act NOT IN ('archive.erase', 'people.erase');

-- name: ended
SELECT c.serial, c.der, c.uid, c.request_sid, c.account_id, c.device_id, c.person_id, c.filing_version, c.shield_number,
  c.organisation, c.credit_code, c.role, c.common_name, c.not_before, c.not_after, c.issued_at, c.issuer,
  c.state, c.holds, c.changed_at, c.revoked_at, c.revocation_reason, c.held_since
FROM certificates c
WHERE (c.not_after > :since OR (c.not_after = :since AND c.serial > :after)) AND c.not_after < :before
  AND EXISTS (SELECT 1 FROM certificate_events e WHERE e.serial = c.serial)
ORDER BY c.not_after, c.serial LIMIT :most;

-- name: events
SELECT e.id, e.serial, e.event, e.actor, e.actor_id, e.reason, e.state, e.holds, e.revocation_reason, e.at, e.notified_at,
  e.log_index
FROM certificates c JOIN certificate_events e ON e.serial = c.serial
WHERE (c.not_after > :since OR (c.not_after = :since AND c.serial >= :first))
  AND (c.not_after < :until OR (c.not_after = :until AND c.serial <= :last))
ORDER BY e.serial, e.id;

-- name: remove_events!
DELETE FROM certificate_events WHERE serial IN (
  SELECT c.serial FROM certificates c
  WHERE (c.not_after > :since OR (c.not_after = :since AND c.serial >= :first))
    AND (c.not_after < :until OR (c.not_after = :until AND c.serial <= :last)));

-- name: standing^
SELECT c.serial, c.der, c.uid, c.request_sid, c.account_id, c.device_id, c.person_id, c.filing_version, c.shield_number,
  c.organisation, c.credit_code, c.role, c.common_name, c.not_before, c.not_after, c.issued_at, c.issuer,
  c.state, c.holds, c.changed_at, c.revoked_at, c.revocation_reason, c.held_since
FROM certificates c WHERE c.serial = :serial;
