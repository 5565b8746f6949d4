"""The report's experiments on real handwriting: run, judged and shown with pictures."""
