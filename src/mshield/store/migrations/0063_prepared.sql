-- The update of a PDF in which its signature will stand, made when a phone takes the request. With the content before it
-- it is the file that is signed; its digest is in the message.
-- depends: 0060_prolonged

ALTER TABLE tasks ADD COLUMN prepared BYTEA;
