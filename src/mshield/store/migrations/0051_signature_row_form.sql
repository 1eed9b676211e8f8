-- What the log's entry of a signature commits to: 1 the row, 2 also who asked and what was to be shown (docs/log.md).
-- Rows from before keep their form, as their entries can't change.
-- depends: 0050_dpop_proofs

ALTER TABLE signatures ADD COLUMN row_form INTEGER NOT NULL DEFAULT 1;
