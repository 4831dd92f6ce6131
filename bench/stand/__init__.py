"""A stand of the real processes in a folder of its own: broker, ingest, web, and load from raw sockets."""
