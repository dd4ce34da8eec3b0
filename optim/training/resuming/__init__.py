"""Checkpoints of `fit`: the state of a whole run in a file, from which it goes on with the same bits.

file          a state as a safetensors file with a checksum
every         when one is written
streams       the random numbers
identity      what a run is made of, so that another one is refused
checkpoints   all of it together
"""
