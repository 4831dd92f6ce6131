"""Files of the log: what of each record goes into them, each kind of file, and who builds them."""
