"""Pages of money, by room."""
