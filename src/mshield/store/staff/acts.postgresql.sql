-- Lists go as one text with commas: no subject has one.

-- name: page_about
-- Over acts_about, of some thousands of subjects at most: of each the newest of its page.
SELECT a.id, a.actor, a.actor_id, COALESCE(s.name, u.name) AS actor_name, a.act, a.subject, a.details, a.at, a.log_index
FROM (
  SELECT f.id FROM (SELECT DISTINCT unnest(string_to_array(:subjects, ',')) AS subject) w
  CROSS JOIN LATERAL (
    SELECT a.id FROM acts a
    WHERE a.subject = w.subject AND a.id < :before AND a.id >= :since AND CASE WHEN :actor_id = '' THEN TRUE ELSE a.actor_id = :actor_id END
      AND CASE WHEN :act = '' THEN TRUE ELSE a.act = :act OR substr(a.act, 1, length(:act) + 1) = :act || '.' END
    ORDER BY a.id DESC LIMIT :most
  ) f
  ORDER BY f.id DESC LIMIT :most
) p
CROSS JOIN LATERAL (SELECT * FROM acts WHERE acts.id = p.id LIMIT 1) a
LEFT JOIN staff s ON s.id = a.actor_id AND a.actor = 'staff'
LEFT JOIN accounts u ON u.id = a.actor_id AND a.actor IN ('user', 'legal_person')
ORDER BY a.id DESC;

-- name: shields_of
-- Over certificates_account and certificates_person, each by key.
SELECT c.shield_number, c.serial FROM unnest(string_to_array(:accounts, ',')) AS s (id)
CROSS JOIN LATERAL (SELECT shield_number, serial FROM certificates WHERE account_id = s.id OFFSET 0) c
UNION
SELECT c.shield_number, c.serial FROM unnest(string_to_array(:people, ',')) AS s (id)
CROSS JOIN LATERAL (SELECT shield_number, serial FROM certificates WHERE person_id = s.id OFFSET 0) c;
