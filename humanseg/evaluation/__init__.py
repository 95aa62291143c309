"""How good the weights are: metrics, and the pipeline scored photo by photo."""
