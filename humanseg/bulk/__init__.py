"""Many photos: one source becomes one record, and where each result goes."""
