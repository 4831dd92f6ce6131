"""Everything a person can make happen, one verb a file; `asking` says who asks."""
