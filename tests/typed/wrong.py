"""Mistakes that people make, each of which a type checker must find on its line. Nobody runs this file."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

x = ag.randn(3, 4)
model = nn.Linear(4, 2)
x.sumn()  # no such method
ag.expp(x)  # no such function
ag.exp("1")  # not a tensor
ag.sum(x, dims=1)  # no such argument
nn.Linear(3)  # too few arguments
F.cross_entropy(x)  # too few arguments
optim.Adam(lr=0.1)  # no parameters
x.reshape("a")  # not a size
total: int = x.sum()  # not an int
nn.Lineer(3, 4)  # no such layer
x + "a"  # not an operand
ag.zeros(3, dtyp=ag.float32)  # no such argument
x.backward(retain=True)  # no such argument
optim.SGD(model.parameters(), momentun=0.9)  # no such argument
F.softmaxx(x)  # no such function
x.max(1) + 1  # not a tensor, but (values, indices)
ag.sort(x).value()  # no such part
