-- name: histories
-- All events of these certificates that have a place in the log. Serials go as one text with commas.
SELECT e.serial, e.log_index, e.event, e.state, e.holds, e.at, e.revocation_reason,
  (SELECT c.not_after FROM certificates c WHERE c.serial = e.serial) AS not_after
FROM certificate_events e
WHERE e.serial IN (SELECT value FROM json_each('["' || replace(:serials, ',', '","') || '"]')) AND e.log_index < :until;
