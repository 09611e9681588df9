"""From a split of the input to the bytes on a mapper's stdin."""
