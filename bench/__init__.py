"""`make bench`: every figure that Holdfast promises, measured against the best that can be done without it."""
