-- A list is passed as one text with commas: ids and masked numbers contain none.

-- name: page_by
-- For up to some hundred readers; uses readings_staff.
SELECT r.id, r.staff_id, s.name AS staff_name, r.kind, r.subject, r.number_masked, r.at
FROM readings r LEFT JOIN staff s ON s.id = r.staff_id
WHERE r.staff_id IN (SELECT value FROM json_each('["' || replace(:readers, ',', '","') || '"]')) AND r.id < :before
ORDER BY r.id DESC LIMIT :most;

-- name: page_about
-- For up to some thousand subjects; uses readings_subject and readings_number.
SELECT r.id, r.staff_id, s.name AS staff_name, r.kind, r.subject, r.number_masked, r.at
FROM (
  SELECT r.id FROM readings r
  WHERE r.subject <> '' AND r.subject IN (SELECT value FROM json_each('["' || replace(:subjects, ',', '","') || '"]'))
  UNION
  SELECT r.id FROM readings r
  WHERE r.number_masked <> ''
    AND r.number_masked IN (SELECT value FROM json_each('["' || replace(:numbers, ',', '","') || '"]'))
) p
CROSS JOIN readings r ON r.id = p.id
LEFT JOIN staff s ON s.id = r.staff_id
WHERE r.id < :before
  AND CASE WHEN :readers = '' THEN TRUE ELSE instr(',' || :readers || ',', ',' || r.staff_id || ',') > 0 END
ORDER BY r.id DESC LIMIT :most;
