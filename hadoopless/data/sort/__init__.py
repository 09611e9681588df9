"""From a mapper's stdout to sorted blocks: keys, partitions, orders."""
