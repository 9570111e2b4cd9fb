"""Forms of houses and their surveys."""
