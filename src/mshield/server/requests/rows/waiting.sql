-- name: documents
-- Documents that a view renders, of a request that waits for this shield; the first ones with their contents, of at
-- most `most` bytes in total. A label can't be mistaken for a view: its quotes are escaped in the column.
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
