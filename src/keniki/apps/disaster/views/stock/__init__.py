"""Pages of the joint stockpile."""
