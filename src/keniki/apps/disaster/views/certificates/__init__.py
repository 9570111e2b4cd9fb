"""Pages of certificates of damage."""
