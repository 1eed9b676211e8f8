-- name: histories
-- All events of these certificates that are in the log. Serials are passed as one comma-separated text.
SELECT e.serial, e.log_index, e.event, e.state, e.holds, e.at, e.revocation_reason,
  (SELECT c.not_after FROM certificates c WHERE c.serial = e.serial) AS not_after
FROM unnest(string_to_array(:serials, ',')) AS s (serial) JOIN certificate_events e ON e.serial = s.serial
WHERE e.log_index < :until;
