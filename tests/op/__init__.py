"""A real OpenID provider that tests sign in at."""
