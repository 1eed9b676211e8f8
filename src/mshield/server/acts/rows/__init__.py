"""The rows of acts and approvals."""
