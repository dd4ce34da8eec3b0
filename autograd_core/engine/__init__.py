"""What differentiates. Read in this order: `graph`, `walk`, `tensor`, `primitive`, `backward`.

Beside them `modes` (whether operations are recorded), `history` (views and what is recorded), `writes` and `versions`
(changes in place), `operands` and `creation` (what becomes a tensor), `elementwise` and `basics` (the operations that the
engine itself needs), `accumulate` (sums that keep their digits), `function` (operations of the user's), `standin` (values
that stand in for tensors), `layout`.
"""
