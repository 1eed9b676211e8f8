-- Lists go as one text with commas: no subject and no actor's id has one.

-- name: page_about
-- Over acts_about, of some thousands of subjects at most.
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
-- Over acts_by, of some hundreds of actors: of each the newest of its page.
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
-- Over certificates_account and certificates_person.
SELECT shield_number, serial FROM certificates
WHERE account_id IN (SELECT value FROM json_each('["' || replace(:accounts, ',', '","') || '"]'))
UNION
SELECT shield_number, serial FROM certificates
WHERE person_id IN (SELECT value FROM json_each('["' || replace(:people, ',', '","') || '"]'));

-- name: names_of
-- Of accounts, members of staff, filed people and business systems, each by key.
SELECT id AS id, name FROM accounts WHERE id IN (SELECT value FROM json_each('["' || replace(:subjects, ',', '","') || '"]'))
UNION ALL
SELECT id AS id, name FROM staff WHERE id IN (SELECT value FROM json_each('["' || replace(:subjects, ',', '","') || '"]'))
UNION ALL
SELECT id AS id, name FROM filed_persons WHERE id IN (SELECT value FROM json_each('["' || replace(:subjects, ',', '","') || '"]'))
UNION ALL
SELECT client_id AS id, name FROM business_systems WHERE client_id IN (SELECT value FROM json_each('["' || replace(:subjects, ',', '","') || '"]'));

-- name: find_by_former_name
-- Over acts_kind: renamed people are few. Of their changes only that of the name, not of the number or enterprise.
SELECT DISTINCT a.subject AS subject FROM acts a
CROSS JOIN json_each(a.details, '$.changes') c
WHERE a.act IN ('filing.rename', 'filing.legal_person') AND json_extract(c.value, '$.field') = 'name'
  AND lower(json_extract(c.value, '$.old')) LIKE :former ESCAPE '!' ORDER BY a.subject LIMIT :most;
