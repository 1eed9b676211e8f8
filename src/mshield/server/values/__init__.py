"""Values used by several subjects: names, id numbers, rate-limit keys, percentiles."""
