"""Writing targets, units, purchase plans and the public table of the joint stockpile."""
