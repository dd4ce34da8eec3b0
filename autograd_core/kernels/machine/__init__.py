"""How kernels are compiled, kept and run; every other folder of `kernels` builds on this one, and it on none.

Begin with `runtime`, how a kernel is compiled. `cache` keeps it on disk, `compilation` tells the user meanwhile,
`threads` runs it (`spin` waits, `blas` keeps BLAS to one thread), `workspace` has memory for it. Inner loops in
vector registers: `simd` is what kernels call; `tiles` generates it, in the language of `vectors` and `vector_math`,
and `machine_code` compiles that. `exponential`, `moments` and `normal` are formulas for the inner loops.
"""
