"""From replicates to answers: statistics with intervals, single evaluations."""
