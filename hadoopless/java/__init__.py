"""Java's own behaviour, where Hadoop's output depends on it: text, numbers, regular expressions."""
