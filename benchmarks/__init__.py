"""How far the system is from the limit: the user's programs alone, and GNU sort."""
