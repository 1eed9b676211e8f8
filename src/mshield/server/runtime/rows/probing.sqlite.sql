-- name: write!
-- Writes a page, whatever stands there.
PRAGMA user_version = 0;
