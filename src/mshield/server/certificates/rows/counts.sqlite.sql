-- name: histories
-- All events of these certificates that are in the log. Serials are passed as one comma-separated text.
SELECT e.serial, e.log_index, e.event, e.state, e.holds, e.at, e.revocation_reason,
  (SELECT c.not_after FROM certificates c WHERE c.serial = e.serial) AS not_after
FROM certificate_events e
WHERE e.serial IN (SELECT value FROM json_each('["' || replace(:serials, ',', '","') || '"]')) AND e.log_index < :until;
