"""A page that mounts the wall outside Streamlit, on a stream that a test plays, faults included."""
