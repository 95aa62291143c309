"""Data sets for training and scoring: finding pairs, splitting them honestly, varying them."""
