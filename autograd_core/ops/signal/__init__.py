"""Fourier transforms and resampling.

`fft` and `frequencies`, `spectrogram` with its `windows`, and what reads images between their elements: `interpolate`
and `grid_sample`.
"""
