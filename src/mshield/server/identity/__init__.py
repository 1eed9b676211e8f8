"""Identity proofs: an account belongs to a filed person only once that is proven (实名核验)."""
