-- name: insert!
-- No-op if the reader has used up the hour's readings; uses readings_staff.
INSERT INTO readings (id, staff_id, kind, subject, number_masked, at)
SELECT :id, :staff_id, :kind, :subject, :number_masked, CAST(:now AS BIGINT)
WHERE (SELECT COUNT(*) FROM (SELECT 1 FROM readings WHERE staff_id = :staff_id AND id >= :since LIMIT :most) r) < :most;

-- name: recent
-- Whether the reader has recorded such a reading since then; uses readings_staff.
SELECT 1 AS found FROM readings
WHERE staff_id = :staff_id AND id >= :since AND kind = :kind AND subject = :subject AND number_masked = '' LIMIT 1;

-- name: page
SELECT r.id, r.staff_id, s.name AS staff_name, r.kind, r.subject, r.number_masked, r.at
FROM readings r LEFT JOIN staff s ON s.id = r.staff_id
WHERE r.id < :before ORDER BY r.id DESC LIMIT :most;

-- name: purge!
DELETE FROM readings WHERE id < :before;
