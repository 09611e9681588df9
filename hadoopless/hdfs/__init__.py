"""Files in a real HDFS: their names, the settings of its clients, reading, listing and writing."""
