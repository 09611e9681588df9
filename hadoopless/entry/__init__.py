"""The beginnings of every command: start-up of the process, and parsing of its arguments."""
