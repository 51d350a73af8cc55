"""Finds out what unknown ONNX files are: by what is stated about them, by their graphs, and by small runs.

``inspection.inspect`` is the way in. Names only break ties, and every finding is a ``Fact`` with its source.
"""
