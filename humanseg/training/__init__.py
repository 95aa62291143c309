"""Training: the loop, its losses, metrics and reports."""
