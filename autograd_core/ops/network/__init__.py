"""What neural networks are built of, as primitives; `nn.functional` offers them and `nn.layers` wraps them in modules.

Each file has the definition, made of plain operations, and calls the kernel that computes the same. Convolution:
`conv`, `columns`, on `windows`; pooling: `pool`, `pool_indices`, `unpool`; normalisation: `normalization`,
`response`; sequences: `recurrent`, `attention`, `multi_head`; tables: `embedding`, `embedding_bag`; and
`linear_activation`, `rbf`, `dropout`. `dimensions` writes one text for 1, 2 and 3 dimensions; `names` and
`package_forms` have PyTorch's further spellings.
"""
