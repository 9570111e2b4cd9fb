"""The pure basics of Japanese local government: eras, fiscal years, money, codes, text, CSV, counts."""
