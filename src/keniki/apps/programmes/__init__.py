"""Cooperation programmes: who qualifies, who should be asked, which steps follow, what it is worth."""
