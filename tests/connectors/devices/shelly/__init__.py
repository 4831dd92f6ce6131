"""Tests of Shelly Gen2 and later."""
