"""The course, as notebooks: they show, the packages define.

00-start-here                                the map, a time line, five notations side by side, a quiz
01-tensors-and-the-tape                      from a derivative by hand to the engine, and a small engine of one's own
02-backpropagation-by-hand                   a network of two layers, number by number
03-neuron-and-perceptron                     membranes, Hebb and the delta rule, threshold units, the perceptron's convergence
04-linear-and-logistic-regression            losses, descent in three modes, softmax
05-radial-basis-functions                    distances to prototypes as features
06-multi-layer-perceptrons                   hidden units as lines, hidden space, depth against width
07-activations-initialisation-normalisation  why deep networks did not learn, and what helped
08-optimisers                                momentum, adaptive rates, second order, and the surface they walk on
09-generalisation                            overfitting and what is done against it; choosing a model
10a-convolution-by-hand                      filters, strides, padding and pooling, number by number
10b-networks-that-see                        LeNet on handwritten digits, residual networks, transfer
11a-recurrent-networks                       loops in the graph, backpropagation through time
11b-long-memory                              LSTM and GRU, and lags of a thousand steps
12-sequence-to-sequence-and-attention        from an encoder's last state to attention and a small transformer
13-autoencoders-and-pre-training             representations without labels, layer by layer
14-inside-the-engine                         a primitive of one's own, kernels step by step, to PyTorch and back

Each lesson is a program in the percent format (`NN-name.py`), from which its notebook (`NN-name.ipynb`) is made, with outputs:
`python -m notebooks NN --write`. `source.py` and `__main__.py` do that; `course/` is what the lessons share, `checklist.py`
tells which cell shows what. What more than one lesson needs belongs to a package or to `course`.
"""
