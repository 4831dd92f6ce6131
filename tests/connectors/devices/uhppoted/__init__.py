"""Tests of the uhppoted family."""
