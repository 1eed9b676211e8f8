-- Whose shield signed, as the evidence tells it (row_form 4 of the log, docs/log.md): its number, and the id number with its
-- middle hidden; and which pages of a document were on the screen, where not all were. Null for what is older, and for
-- documents that nobody asked for.
-- depends: 0069_clock

ALTER TABLE signatures ADD COLUMN shield_number TEXT;
ALTER TABLE signatures ADD COLUMN id_number_masked TEXT;
ALTER TABLE signatures ADD COLUMN pages TEXT;
