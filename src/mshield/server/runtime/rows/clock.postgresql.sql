-- name: read
SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS database_time,
  (SELECT MAX(id) FROM acts WHERE id >= :since AND act = 'clock.confirm') AS confirmed;
