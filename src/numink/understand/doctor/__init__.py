"""What is wrong with a training, from the folder of its run and its data."""
