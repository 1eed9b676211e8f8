"""Jobs, sealed boxes, secrets, the high-water mark."""
