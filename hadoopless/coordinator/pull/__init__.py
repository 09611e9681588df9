"""The driver for workers that register, ping, ask for work and submit it."""
