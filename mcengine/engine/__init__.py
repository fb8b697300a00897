"""The compiled blocks, their accumulators and replicates, and the threads that run them."""
