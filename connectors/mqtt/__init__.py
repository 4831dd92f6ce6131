"""The broker client, the ingest loop and the command sender."""
