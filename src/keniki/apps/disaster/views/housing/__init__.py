"""Pages of houses and their surveys."""
