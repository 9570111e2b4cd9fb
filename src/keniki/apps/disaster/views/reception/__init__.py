"""Pages of the reception of shelters."""
