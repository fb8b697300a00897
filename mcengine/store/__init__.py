"""What stays of a run: a folder that says what was computed, from what, and how to compute it again."""
