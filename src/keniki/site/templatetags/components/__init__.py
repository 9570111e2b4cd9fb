"""The components by kind; importing a module registers its tags and filters in `library.register`."""
