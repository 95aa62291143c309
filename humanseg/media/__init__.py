"""Files in and out: photos, and what streams of frames need."""
