"""HTTP that is no page."""
