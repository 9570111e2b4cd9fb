"""Natural regions of the flows that are held, beside the actual ones: which table, by which rules, how sure."""
