-- When the reader prolonged a request, once at most.
-- depends: 0059_unshown

ALTER TABLE requests ADD COLUMN prolonged_at BIGINT;
