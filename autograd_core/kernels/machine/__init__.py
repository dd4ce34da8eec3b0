"""How kernels are compiled, kept and run: cache, threads, vector registers, tiles."""
