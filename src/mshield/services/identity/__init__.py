"""An account is a person only when that is proven (实名核验)."""
