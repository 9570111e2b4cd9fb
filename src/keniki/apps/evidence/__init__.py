"""Official statistics and what towns report: figures with source, edition and cell, and what follows from them."""
