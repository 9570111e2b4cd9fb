"""Forms of money, by room."""
