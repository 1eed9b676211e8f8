"""What people agree to, and what they ask for of their own account."""
