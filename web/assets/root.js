// Where Streamlit's server is: at the root, whatever page is open. Without this it looks for one below the page first,
// gets a 404 and waits before it tries the root.
window.__streamlit = { BACKEND_BASE_URL: `${location.origin}/` };
