-- name: write!
-- Writes a page, whether or not the row exists.
PRAGMA user_version = 0;
