"""Where signed checkpoints of the log go: each destination in a module of its own."""
