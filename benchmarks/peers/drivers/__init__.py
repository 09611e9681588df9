"""Programs that hand a job to a peer without a command line; the peers' Python runs them."""
