-- Hashes are passed as one comma-separated text in hexadecimal.

-- name: of_numbers
-- Uses sms_log_phone, for at most some thousands of numbers: the newest of the page from each.
SELECT f.id, f.phone_masked, f.purpose, f.with_code, f.state, f.reason, f.sent_at, f.took_ms
FROM (SELECT decode(unnest(string_to_array(:phone_hashes, ',')), 'hex') AS phone_hash) w
CROSS JOIN LATERAL (
  SELECT * FROM sms_log s WHERE s.phone_hash = w.phone_hash AND s.id < :before AND sent_so(s)
  ORDER BY s.id DESC LIMIT :most
) f
ORDER BY f.id DESC LIMIT :most;
