-- name: begin!
INSERT INTO retention (kind, since, place, erased, changed_at) VALUES (:kind, :now, '', 0, :now)
ON CONFLICT (kind) DO NOTHING;

-- name: list
SELECT kind, since, place, erased, changed_at, mark FROM retention ORDER BY kind;

-- name: advance!
-- No row is changed if another process continued from the same place.
UPDATE retention SET place = :place, mark = :mark, erased = erased + :erased, changed_at = :now WHERE kind = :kind AND place = :was;
