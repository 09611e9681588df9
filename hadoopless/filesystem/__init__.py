"""The files that Hadoop's paths name, and the commands of `hadoop fs` on them."""
