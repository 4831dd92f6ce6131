"""What people can make happen, and what they are refused."""
