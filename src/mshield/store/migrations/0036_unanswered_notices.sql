-- How often a notice was handed over without learning whether it arrived: that is not repeated for a day.
-- depends: 0030_ends_told

ALTER TABLE notifications ADD COLUMN unanswered INTEGER NOT NULL DEFAULT 0;
