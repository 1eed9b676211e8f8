-- Lists are passed as one comma-separated text: subjects and actors' ids contain no comma.

-- name: page_about
-- Uses acts_about, for at most some thousands of subjects: the newest acts of the page from each.
SELECT a.id, a.actor, a.actor_id, COALESCE(s.name, u.name) AS actor_name, a.act, a.subject, a.details, a.at, a.log_index
FROM (
  SELECT f.id FROM (SELECT DISTINCT unnest(string_to_array(:subjects, ',')) AS subject) w
  CROSS JOIN LATERAL (
    SELECT a.id FROM acts a
    WHERE a.subject = w.subject AND a.id < :before AND a.id >= :since
      AND CASE WHEN :actors = '' THEN TRUE ELSE a.actor_id = ANY (string_to_array(:actors, ',')) END
      AND CASE WHEN :act = '' THEN TRUE ELSE a.act = :act OR substr(a.act, 1, length(:act) + 1) = :act || '.' END
    ORDER BY a.id DESC LIMIT :most
  ) f
  ORDER BY f.id DESC LIMIT :most
) p
CROSS JOIN LATERAL (SELECT * FROM acts WHERE acts.id = p.id LIMIT 1) a
LEFT JOIN staff s ON s.id = a.actor_id AND a.actor = 'staff'
LEFT JOIN accounts u ON u.id = a.actor_id AND a.actor IN ('user', 'legal_person')
ORDER BY a.id DESC;

-- name: page_by
-- Uses acts_by, for some hundreds of actors: the newest acts of the page from each.
SELECT a.id, a.actor, a.actor_id, COALESCE(s.name, u.name) AS actor_name, a.act, a.subject, a.details, a.at, a.log_index
FROM (
  SELECT f.id FROM (SELECT DISTINCT unnest(string_to_array(:actors, ',')) AS actor_id) w
  CROSS JOIN LATERAL (
    SELECT a.id FROM acts a
    WHERE a.actor_id = w.actor_id AND a.id < :before AND a.id >= :since
      AND CASE WHEN :act = '' THEN TRUE ELSE a.act = :act OR substr(a.act, 1, length(:act) + 1) = :act || '.' END
    ORDER BY a.id DESC LIMIT :most
  ) f
  ORDER BY f.id DESC LIMIT :most
) p
CROSS JOIN LATERAL (SELECT * FROM acts WHERE acts.id = p.id LIMIT 1) a
LEFT JOIN staff s ON s.id = a.actor_id AND a.actor = 'staff'
LEFT JOIN accounts u ON u.id = a.actor_id AND a.actor IN ('user', 'legal_person')
ORDER BY a.id DESC;

-- name: page_of_kind
-- Uses acts_kind: finds each of some hundred kinds after the previous one, and of the requested kinds the newest acts
-- of the page. So an area with few acts is as quick as one that has all of them.
WITH RECURSIVE kinds (act) AS (
  (SELECT f.act FROM acts f ORDER BY f.act LIMIT 1)
  UNION ALL
  SELECT (SELECT f.act FROM acts f WHERE f.act > k.act ORDER BY f.act LIMIT 1) FROM kinds k WHERE k.act IS NOT NULL
)
SELECT a.id, a.actor, a.actor_id, COALESCE(s.name, u.name) AS actor_name, a.act, a.subject, a.details, a.at, a.log_index
FROM (
  SELECT f.id FROM kinds k
  CROSS JOIN LATERAL (
    SELECT a.id FROM acts a
    WHERE a.act = k.act AND a.id < :before AND a.id >= :since
    ORDER BY a.id DESC LIMIT :most
  ) f
  WHERE k.act = :act OR substr(k.act, 1, length(:act) + 1) = :act || '.'
  ORDER BY f.id DESC LIMIT :most
) p
CROSS JOIN LATERAL (SELECT * FROM acts WHERE acts.id = p.id LIMIT 1) a
LEFT JOIN staff s ON s.id = a.actor_id AND a.actor = 'staff'
LEFT JOIN accounts u ON u.id = a.actor_id AND a.actor IN ('user', 'legal_person')
ORDER BY a.id DESC;

-- name: shields_of
-- Uses certificates_account and certificates_person, one look-up for each id.
SELECT c.shield_number, c.serial FROM unnest(string_to_array(:accounts, ',')) AS s (id)
CROSS JOIN LATERAL (SELECT shield_number, serial FROM certificates WHERE account_id = s.id OFFSET 0) c
UNION
SELECT c.shield_number, c.serial FROM unnest(string_to_array(:people, ',')) AS s (id)
CROSS JOIN LATERAL (SELECT shield_number, serial FROM certificates WHERE person_id = s.id OFFSET 0) c;

-- name: names_of
-- The names of accounts, members of staff, filed people and business systems, one look-up for each id.
SELECT s.id, t.name FROM unnest(string_to_array(:subjects, ',')) AS s (id)
CROSS JOIN LATERAL (SELECT name FROM accounts WHERE id = s.id OFFSET 0) t
UNION ALL
SELECT s.id, t.name FROM unnest(string_to_array(:subjects, ',')) AS s (id)
CROSS JOIN LATERAL (SELECT name FROM staff WHERE id = s.id OFFSET 0) t
UNION ALL
SELECT s.id, t.name FROM unnest(string_to_array(:subjects, ',')) AS s (id)
CROSS JOIN LATERAL (SELECT name FROM filed_persons WHERE id = s.id OFFSET 0) t
UNION ALL
SELECT s.id, t.name FROM unnest(string_to_array(:subjects, ',')) AS s (id)
CROSS JOIN LATERAL (SELECT name FROM business_systems WHERE client_id = s.id OFFSET 0) t;

-- name: find_by_former_name
-- Uses acts_kind, since few people are renamed. Considers only changes of the name, not of the number or enterprise.
SELECT DISTINCT a.subject
FROM (SELECT subject, details FROM acts WHERE act IN ('filing.rename', 'filing.legal_person') OFFSET 0) a
CROSS JOIN LATERAL jsonb_array_elements(CAST(a.details AS jsonb) -> 'changes') c
WHERE c ->> 'field' = 'name' AND lower(c ->> 'old') LIKE :former ESCAPE '!' ORDER BY a.subject LIMIT :most;
