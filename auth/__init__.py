"""Who is this, and how sure are we."""
