"""The site of the documents: pages from files of the repository, and a check of the site."""
