"""Training whose photos, augmentation and scores live on one GPU: the processor only starts it."""
