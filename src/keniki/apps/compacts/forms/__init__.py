"""The forms of the slice, rendered with the field component."""
