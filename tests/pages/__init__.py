"""Pages as the script draws them, role by role, without a browser."""
