"""Pages of targets, shortfall, purchase plans and the public table of the joint stockpile."""
