"""Tools for those who work on this project; nothing that runs a job imports them."""
