-- Archives of other kinds than signatures: how many acts or events one has. A month of signatures has none.
-- depends: 0110_device_models

ALTER TABLE archives ADD COLUMN logged_rows BIGINT;
