-- The mobile number of a filed person, where the filing office has one.
-- depends: 0040_only_hashes

ALTER TABLE filed_persons ADD COLUMN phone TEXT;
