"""The command line, one file a verb; composes the processes."""
