"""Tests of the world outside."""
