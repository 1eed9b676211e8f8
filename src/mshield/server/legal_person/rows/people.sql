-- name: page
-- The filed people of one enterprise in the order of filing, paged by key. A null search word matches everything.
SELECT f.id, f.name, f.id_type, f.id_number_box, f.role, f.created_at, f.changed_at, f.ended_at,
  (SELECT COUNT(*) FROM certificates c
    WHERE c.person_id = f.id AND NOT ended(c) AND c.state <> 'issued') AS shields
FROM filed_persons f
WHERE f.credit_code = :credit_code AND f.id > :after
  AND (CAST(:name AS TEXT) IS NULL OR lower(f.name) LIKE CAST(:name AS TEXT) ESCAPE '!')
  AND (CAST(:role AS TEXT) IS NULL OR f.role = CAST(:role AS TEXT))
  AND (CAST(:on_file AS BOOLEAN) IS NULL OR (f.ended_at IS NULL) = CAST(:on_file AS BOOLEAN))
  AND (CAST(:shield_number AS TEXT) IS NULL OR f.id IN (
    SELECT c.person_id FROM certificates c
    WHERE c.credit_code = :credit_code AND c.shield_number = CAST(:shield_number AS TEXT)))
  AND (f.id_number_end = :id_number_end OR :id_number_end IS NULL)
  AND (CAST(:ending AS TEXT) IS NULL OR f.phone LIKE '%' || CAST(:ending AS TEXT)
    OR ',' || CAST(:of_id_number AS TEXT) || ',' LIKE '%,' || f.id || ',%'
    OR EXISTS (SELECT 1 FROM certificates c WHERE c.person_id = f.id AND ends_with(c)))
ORDER BY f.id LIMIT :page_size;

-- name: with_end
-- People of the enterprise whose id number may end so, by the hash of its last four characters.
SELECT f.id, f.id_number_box FROM filed_persons f
WHERE f.id_number_end = :id_number_end AND f.credit_code = :credit_code ORDER BY f.id;
