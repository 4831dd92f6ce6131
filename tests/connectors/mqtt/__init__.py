"""Tests of the broker and of what speaks to it."""
