"""Sign-in at real providers, against a running console."""
