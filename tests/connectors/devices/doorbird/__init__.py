"""Tests of the DoorBird bridge family."""
