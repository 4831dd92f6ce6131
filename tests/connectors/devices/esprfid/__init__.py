"""Tests of the esp-rfid family."""
