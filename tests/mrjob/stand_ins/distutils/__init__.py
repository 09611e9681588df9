"""The two things that mrjob 0.7.4 needs of a package that Python 3.12 no longer has."""
