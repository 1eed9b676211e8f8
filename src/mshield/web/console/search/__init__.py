"""Lists of people, found by what staff know of them."""
