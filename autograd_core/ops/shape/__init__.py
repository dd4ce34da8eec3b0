"""Operations that move elements and change none.

`shape` has reshape, permute and their kin, `rearrange` rolls, reverses and repeats; `join`, `split` and `padding`
put arrays together and take them apart.
"""
