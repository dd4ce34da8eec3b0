"""The modules of `torch.nn`, a family a file: parameters and options here, the computation in `nn.functional`."""
