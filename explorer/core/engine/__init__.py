"""Runs ONNX files: the only importer of onnxruntime."""
