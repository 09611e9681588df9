"""Every message between processes, and how its sender proves who it is."""
