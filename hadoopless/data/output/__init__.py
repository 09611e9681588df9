"""From a reducer's stdout to an output file that appears whole or not at all."""
