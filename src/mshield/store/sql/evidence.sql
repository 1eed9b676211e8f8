-- name: document^
-- One document of a business system's request, with its signature where there is one.
SELECT r.id, r.kind, r.channel, b.client_id, b.name, b.domain,
  t.sid, t.title, t.media_type, t.message, t.format, t.content, t.size, t.display,
  s.uid, s.signature, s.signed_at, s.serial, s.log_index, c.der
FROM requests r
JOIN business_systems b ON b.client_id = r.client_id
JOIN tasks t ON t.request_id = r.id AND t.position = :position
LEFT JOIN signatures s ON s.sid = t.sid
LEFT JOIN certificates c ON c.serial = s.serial
WHERE r.id = :id AND r.client_id = :client_id;
