"""Reading the joint stockpile: what lies where and whose it is, movements, stocktakes, transfers, reports."""
