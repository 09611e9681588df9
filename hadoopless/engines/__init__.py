"""Other engines that run the same jobs, each in a package of its own."""
