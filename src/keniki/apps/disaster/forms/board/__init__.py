"""Forms of the board: each carries what its page showed, so that nobody's entry is lost."""
