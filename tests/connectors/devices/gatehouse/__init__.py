"""Tests of our own schema."""
