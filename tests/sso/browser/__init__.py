"""Sign-in at real providers, in Chromium."""
