-- name: document^
-- One document of a business system's request, with its signature if any; the requester is reported as it was then.
SELECT r.channel, t.state AS task_state, t.content, t.prepared, t.size, t.erased_at, t.erased_digest,
  s.signature, s.signed_at, s.serial, s.log_index, s.confirmed, s.pages, c.der, s.shield_number AS told_number, s.id_number_masked,
  sealed(requests AS r), sealed(tasks AS t), sealed(signatures AS s), sealed(certificates AS c)
FROM requests r
JOIN tasks t ON t.request_id = r.id AND t.position = :position
LEFT JOIN signatures s ON s.sid = t.sid
LEFT JOIN certificates c ON c.serial = s.serial
WHERE r.id = :id AND r.client_id = :client_id;
