"""`make demo`: a real cluster is backed up, damaged and restored, and the result is proven."""
