"""Tests of the Axis family."""
