"""Time and memory of this project against input size, workers, tasks and the length of keys."""
