"""Data sets for training and scoring: finding pairs, splitting them without leaks, augmenting them."""
