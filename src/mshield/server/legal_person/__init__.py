"""Legal persons (法人) at the portal: session, lists, acts, their own shield."""
