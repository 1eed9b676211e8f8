-- A list is passed as one text with commas: ids and masked numbers contain none.

-- name: page_by
-- For up to some hundred readers: takes each reader's newest rows from readings_staff, then the newest of all.
SELECT r.id, r.staff_id, s.name AS staff_name, r.kind, r.subject, r.number_masked, r.at
FROM (
  SELECT f.id FROM (SELECT DISTINCT unnest(string_to_array(:readers, ',')) AS staff_id) w
  CROSS JOIN LATERAL (
    SELECT r.id FROM readings r WHERE r.staff_id = w.staff_id AND r.id < :before ORDER BY r.id DESC LIMIT :most
  ) f
  ORDER BY f.id DESC LIMIT :most
) p
CROSS JOIN LATERAL (SELECT * FROM readings WHERE readings.id = p.id LIMIT 1) r
LEFT JOIN staff s ON s.id = r.staff_id
ORDER BY r.id DESC;

-- name: page_about
-- For up to some thousand subjects: takes each subject's newest rows from readings_subject and readings_number.
SELECT r.id, r.staff_id, s.name AS staff_name, r.kind, r.subject, r.number_masked, r.at
FROM (
  SELECT id FROM (
    SELECT f.id FROM (SELECT DISTINCT unnest(string_to_array(:subjects, ',')) AS subject) w
    CROSS JOIN LATERAL (
      SELECT r.id FROM readings r
      WHERE r.subject = w.subject AND r.subject <> '' AND r.id < :before
        AND CASE WHEN :readers = '' THEN TRUE ELSE r.staff_id = ANY (string_to_array(:readers, ',')) END
      ORDER BY r.id DESC LIMIT :most
    ) f
    UNION
    SELECT f.id FROM (SELECT DISTINCT unnest(string_to_array(:numbers, ',')) AS number) w
    CROSS JOIN LATERAL (
      SELECT r.id FROM readings r
      WHERE r.number_masked = w.number AND r.number_masked <> '' AND r.id < :before
        AND CASE WHEN :readers = '' THEN TRUE ELSE r.staff_id = ANY (string_to_array(:readers, ',')) END
      ORDER BY r.id DESC LIMIT :most
    ) f
  ) b
  ORDER BY id DESC LIMIT :most
) p
CROSS JOIN LATERAL (SELECT * FROM readings WHERE readings.id = p.id LIMIT 1) r
LEFT JOIN staff s ON s.id = r.staff_id
ORDER BY r.id DESC;
