-- name: find_place^
SELECT place, whole FROM certificate_counts_place WHERE id = 1;

-- name: begin!
INSERT INTO certificate_counts_place (id, place, whole) VALUES (1, 0, FALSE) ON CONFLICT (id) DO NOTHING;

-- name: advance!
-- No row is changed if another process counted from the same place.
UPDATE certificate_counts_place SET place = :place, whole = :whole WHERE id = 1 AND place = :was;

-- name: next_events
-- Uses certificate_events_logged.
SELECT log_index, serial FROM certificate_events WHERE log_index >= :place ORDER BY log_index LIMIT :most;

-- name: add!
INSERT INTO certificate_counts (kind, ends_on, count) VALUES (:kind, :ends_on, :count)
ON CONFLICT (kind, ends_on) DO UPDATE SET count = certificate_counts.count + excluded.count;

-- name: sums
-- The counts of each kind by end: before today, today, before the day from which nothing is due, on that day, later.
SELECT kind,
  CAST(SUM(CASE WHEN ends_on < :today THEN count ELSE 0 END) AS BIGINT) AS over,
  CAST(SUM(CASE WHEN ends_on = :today THEN count ELSE 0 END) AS BIGINT) AS today,
  CAST(SUM(CASE WHEN ends_on > :today AND ends_on < :due_day THEN count ELSE 0 END) AS BIGINT) AS soon,
  CAST(SUM(CASE WHEN ends_on = :due_day THEN count ELSE 0 END) AS BIGINT) AS due_day,
  CAST(SUM(CASE WHEN ends_on > :due_day THEN count ELSE 0 END) AS BIGINT) AS later
FROM certificate_counts GROUP BY kind;

-- name: ending
-- Certificates that end on one day; uses certificates_ends.
SELECT CASE WHEN c.state = 'pin_locked' THEN 'locked' WHEN c.holds <> '' THEN 'held' ELSE 'active' END AS kind,
  COUNT(*) AS count
FROM certificates c
WHERE c.state <> 'revoked' AND c.state <> 'superseded' AND c.state <> 'issued'
  AND c.not_after >= :start AND c.not_after <= :until
GROUP BY 1;

-- name: of_all^
-- The number of certificates in each displayed state; each is counted once, in its most severe state. Uses only the
-- indexes certificates_off and certificates_ends, which contain all needed columns.
SELECT
  (SELECT COUNT(*) FROM certificates
    WHERE (ended(certificates) OR holds <> '') AND der IS NOT NULL AND ended(certificates))
    + CAST(COALESCE(SUM(CASE WHEN state <> 'issued' AND not_after <= :now THEN 1 ELSE 0 END), 0) AS BIGINT) AS ended,
  CAST(COALESCE(SUM(CASE WHEN state = 'pin_locked' AND not_after > :now THEN 1 ELSE 0 END), 0) AS BIGINT) AS locked,
  CAST(COALESCE(SUM(CASE WHEN state = 'active' AND holds <> '' AND not_after > :now THEN 1 ELSE 0 END), 0) AS BIGINT) AS held,
  CAST(COALESCE(SUM(CASE WHEN usable(certificates) AND not_after <= :due THEN 1 ELSE 0 END), 0)
    AS BIGINT) AS due,
  CAST(COALESCE(SUM(CASE WHEN usable(certificates) AND not_after > :due THEN 1 ELSE 0 END), 0) AS BIGINT) AS active
FROM certificates WHERE state <> 'revoked' AND state <> 'superseded';
