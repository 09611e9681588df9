"""Jobs on several hosts, each a network namespace with an address of its own, on a bad network."""
