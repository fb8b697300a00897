"""Many runs: batches that survive the night."""
