"""The staff pages of the slice."""
