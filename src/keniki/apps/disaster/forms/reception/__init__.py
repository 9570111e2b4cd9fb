"""Forms of the reception."""
