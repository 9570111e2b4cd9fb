"""The forms of targets, units, purchase plans and the public table."""
