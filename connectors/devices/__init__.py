"""Device families, one folder each."""
