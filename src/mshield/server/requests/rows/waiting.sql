-- name: documents
-- What a view draws of a request that waits for this shield, the first of it with their contents, of `most` octets in all.
-- A label can't look like a view: its quotes stand escaped in the column.
SELECT d.title, d.media_type, d.display, CASE WHEN d.octets <= :most THEN d.content END AS content
FROM (
  SELECT t.position, t.title, t.media_type, t.display, COALESCE(t.content, t.message) AS content,
    SUM(LENGTH(COALESCE(t.content, t.message))) OVER (ORDER BY t.position) AS octets
  FROM requests r
  JOIN tasks t ON t.request_id = r.id
  WHERE r.id = :id AND r.kind = 'signature' AND r.shield_number = :shield_number AND r.expires_at > :now
    AND (r.state = 'waiting' OR r.state = 'scanned' AND r.uid = :uid)
    AND (SELECT s.state FROM business_systems s WHERE s.client_id = r.client_id) = 'active'
    AND t.display LIKE '%"view":{%'
) d
ORDER BY d.position;
