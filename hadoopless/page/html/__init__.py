"""The parts of the page as HTML, from the escaping of texts to the whole document."""
