-- The mobile number that a person is filed with (备案手机号), NULL where there is none. Several persons may share one.
-- depends: 0040_only_hashes

ALTER TABLE filed_persons ADD COLUMN phone TEXT;
