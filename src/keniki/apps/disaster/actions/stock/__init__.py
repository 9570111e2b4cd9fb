"""What may be done with the joint stockpile: items, places, lots, movements, stocktakes, transfers, files."""
