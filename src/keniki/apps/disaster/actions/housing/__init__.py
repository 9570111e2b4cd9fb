"""What is done with stricken houses and their surveys."""
