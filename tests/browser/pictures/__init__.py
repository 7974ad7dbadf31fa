"""How the main states look, held against pictures that were found good."""
