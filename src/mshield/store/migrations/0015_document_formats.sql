-- What a document's signature is over: its content (`raw`), or signed attributes in a CMS (`cms`, `cms_detached`).
-- depends: 0005_staff_and_sources

-- With attributes, `message` are those. content is null where it is the message itself, or where only its digest ever
-- left the business system; size (bytes) is null where the content is here.
ALTER TABLE tasks ADD COLUMN format TEXT NOT NULL DEFAULT 'raw';
ALTER TABLE tasks ADD COLUMN content BYTEA;
ALTER TABLE tasks ADD COLUMN size BIGINT;
