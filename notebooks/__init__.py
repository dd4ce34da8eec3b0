"""The course, as notebooks: they show, the packages define.

01-backpropagation   from a derivative by hand to a neuron that learns
02-lenet-on-mnist    softmax regression, a multilayer perceptron and LeNet-5 on handwritten digits

`python -m notebooks` (or `make notebooks`) runs them all; open them with `.venv/bin/jupyter lab notebooks`. What more
than one notebook needs belongs to a package.
"""
