"""Several processes that train or evaluate one model, and the GPUs they take."""
