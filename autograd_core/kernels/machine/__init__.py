"""How kernels are compiled, cached and run: cache, threads, vector registers, micro-kernels, elementary functions."""
