"""Contents that a phone shows as pictures, PDF and images: checked before anybody is asked to sign them."""
