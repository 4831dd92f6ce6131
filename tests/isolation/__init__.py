"""That nobody learns anything of a site that is not theirs: each page, route, frame, count and word."""
