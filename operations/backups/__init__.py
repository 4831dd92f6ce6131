"""Backups: a data folder in one encrypted file, made beside running processes, judged, and put back."""
