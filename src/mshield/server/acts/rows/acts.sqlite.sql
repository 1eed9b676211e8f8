-- Lists are passed as one comma-separated text: subjects and actors' ids contain no comma.

-- name: page_about
-- Uses acts_about, for at most some thousands of subjects.
SELECT a.id, a.actor, a.actor_id, COALESCE(s.name, u.name) AS actor_name, a.act, a.subject, a.details, a.at, a.log_index
FROM (SELECT DISTINCT value AS subject FROM json_each('["' || replace(:subjects, ',', '","') || '"]')) w
CROSS JOIN acts a ON a.subject = w.subject
LEFT JOIN staff s ON s.id = a.actor_id AND a.actor = 'staff'
LEFT JOIN accounts u ON u.id = a.actor_id AND a.actor IN ('user', 'legal_person')
WHERE a.id < :before AND a.id >= :since
  AND CASE WHEN :actors = '' THEN TRUE ELSE instr(',' || :actors || ',', ',' || a.actor_id || ',') > 0 END
  AND CASE WHEN :act = '' THEN TRUE ELSE a.act = :act OR substr(a.act, 1, length(:act) + 1) = :act || '.' END
ORDER BY a.id DESC LIMIT :most;

-- name: page_by
-- Uses acts_by, for some hundreds of actors: the newest acts of the page from each.
SELECT a.id, a.actor, a.actor_id, COALESCE(s.name, u.name) AS actor_name, a.act, a.subject, a.details, a.at, a.log_index
FROM (SELECT DISTINCT value AS actor_id FROM json_each('["' || replace(:actors, ',', '","') || '"]')) w
CROSS JOIN json_each((
  SELECT json_group_array(f.id) FROM (
    SELECT a.id FROM acts a
    WHERE a.actor_id = w.actor_id AND a.id < :before AND a.id >= :since
      AND CASE WHEN :act = '' THEN TRUE ELSE a.act = :act OR substr(a.act, 1, length(:act) + 1) = :act || '.' END
    ORDER BY a.id DESC LIMIT :most
  ) f
))
CROSS JOIN acts a ON a.id = json_each.value
LEFT JOIN staff s ON s.id = a.actor_id AND a.actor = 'staff'
LEFT JOIN accounts u ON u.id = a.actor_id AND a.actor IN ('user', 'legal_person')
ORDER BY a.id DESC LIMIT :most;

-- name: shields_of
-- Uses certificates_account and certificates_person.
SELECT shield_number, serial FROM certificates
WHERE account_id IN (SELECT value FROM json_each('["' || replace(:accounts, ',', '","') || '"]'))
UNION
SELECT shield_number, serial FROM certificates
WHERE person_id IN (SELECT value FROM json_each('["' || replace(:people, ',', '","') || '"]'));

-- name: names_of
-- The names of accounts, members of staff, filed people and business systems, one look-up for each id.
SELECT id AS id, name FROM accounts WHERE id IN (SELECT value FROM json_each('["' || replace(:subjects, ',', '","') || '"]'))
UNION ALL
SELECT id AS id, name FROM staff WHERE id IN (SELECT value FROM json_each('["' || replace(:subjects, ',', '","') || '"]'))
UNION ALL
SELECT id AS id, name FROM filed_persons WHERE id IN (SELECT value FROM json_each('["' || replace(:subjects, ',', '","') || '"]'))
UNION ALL
SELECT client_id AS id, name FROM business_systems WHERE client_id IN (SELECT value FROM json_each('["' || replace(:subjects, ',', '","') || '"]'));

-- name: find_by_former_name
-- Uses acts_kind, since few people are renamed. Considers only changes of the name, not of the number or enterprise.
SELECT DISTINCT a.subject AS subject FROM acts a
CROSS JOIN json_each(a.details, '$.changes') c
WHERE a.act IN ('filing.rename', 'filing.legal_person') AND json_extract(c.value, '$.field') = 'name'
  AND lower(json_extract(c.value, '$.old')) LIKE :former ESCAPE '!' ORDER BY a.subject LIMIT :most;
