"""The forms of the joint stockpile."""
