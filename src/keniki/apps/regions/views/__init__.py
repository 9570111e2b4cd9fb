"""Pages about people and rights, and about the region's shape."""
