-- name: has_mark^
-- Whether this database has the mark. A mark older than all stored ones, or than the last declared restore, proves
-- nothing: that loss is declared.
SELECT 1 AS found FROM high_water
WHERE id = 1 AND lost_since IS NULL
  AND (:at <= declared_at
    OR (mark >= :number
      AND (EXISTS (SELECT 1 FROM high_water_marks WHERE mark = :number AND token = :token)
        OR :number < (SELECT MIN(mark) FROM high_water_marks))));

-- name: is_whole^
SELECT 1 AS found FROM high_water WHERE id = 1 AND lost_since IS NULL;

-- name: note_loss!
-- The latest known time is the closest to the loss.
UPDATE high_water SET lost_since = CASE WHEN lost_since > :since THEN lost_since ELSE :since END WHERE id = 1;
