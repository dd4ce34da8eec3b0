"""Modules as ONNX files."""
