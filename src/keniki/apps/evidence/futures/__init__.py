"""Population futures over the statistics that are held, or over files: what is known becomes arrays of `analysis`."""
