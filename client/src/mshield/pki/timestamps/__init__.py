"""Time stamps (RFC 3161, GM/T 0033): requests, SM2 or P-256 tokens, and their verification."""
