"""Models: one kernel a file, rows(x, out, constants), no input or output of files and no randomness."""
