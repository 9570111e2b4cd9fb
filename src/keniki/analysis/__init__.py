"""The science: pure functions over numpy arrays. No Django, no files, no clock; what goes in decides what comes out."""
