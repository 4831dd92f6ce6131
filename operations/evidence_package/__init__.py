"""The evidence package: records of the log with all that a stranger needs to check them."""
