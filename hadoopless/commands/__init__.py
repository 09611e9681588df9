"""The command ``hadoopless``: its subcommands, each of which loads only what it needs."""
