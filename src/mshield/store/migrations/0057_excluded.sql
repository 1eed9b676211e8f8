-- Why a person left a document of a batch out, which is `declined` then, while others of its request were signed. The act
-- beside it, which is logged, says the same. Null for all others.
-- depends: 0054_time_stamps

ALTER TABLE tasks ADD COLUMN reason TEXT;
