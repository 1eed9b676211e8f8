-- Why a person left a document of a batch out, which is `declined` then, while others of its request were signed. The act
-- beside it, which is logged, says the same. Null for all others.
-- depends: 0055_views_in_force

ALTER TABLE tasks ADD COLUMN reason TEXT;
