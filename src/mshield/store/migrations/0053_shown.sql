-- What a phone showed of a document, and what its person confirmed besides (docs/protocol.md, "What was shown"): the digest
-- that the log's entry covers (row_form 3), and the word that it was worked out with. Null for what is older, and for documents that
-- nobody asked for. How a document is drawn is in its display, which is sealed.
-- depends: 0052_views

ALTER TABLE signatures ADD COLUMN shown BYTEA;
ALTER TABLE signatures ADD COLUMN confirmed TEXT;
