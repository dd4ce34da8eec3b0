"""Lesson 2: backpropagation by hand."""

import numpy as np

from ..exercise import Exercise

w8 = Exercise(
    "2.1",
    "w8",
    hints=[
        "Which unit does w8 lead to, and which activation goes through it?",
        "It is delta_o2 times out_h2.",
    ],
    tolerance=1e-6,
)
OUT_H1, OUT_H2, OUT_O1, OUT_O2 = (
    0.593269992107187,
    0.596884378259767,
    0.751365069552316,
    0.772928465321463,
)


@w8.solution
def _():
    delta_o2 = -(0.99 - OUT_O2) * OUT_O2 * (1 - OUT_O2)
    return delta_o2 * OUT_H2


@w8.wrong("the derivative of the sigmoid at o2 is missing: out_o2 (1 - out_o2)")
def _():
    return -(0.99 - OUT_O2) * OUT_H2


@w8.wrong("this is the gradient of w7: h1 sends through w7, h2 through w8")
def _():
    return -(0.99 - OUT_O2) * OUT_O2 * (1 - OUT_O2) * OUT_H1


@w8.wrong("this is the gradient of w6: w8 leads to the other output")
def _():
    return -(0.01 - OUT_O1) * OUT_O1 * (1 - OUT_O1) * OUT_H2


@w8.wrong("this is the new value of w8 after the step; the gradient is wanted")
def _():
    return 0.55 - 0.5 * -(0.99 - OUT_O2) * OUT_O2 * (1 - OUT_O2) * OUT_H2


w3 = Exercise(
    "2.2",
    "w3",
    hints=[
        "h2 feeds o1 through w6 and o2 through w8.",
        "Slope of h2, times (w6 delta_o1 + w8 delta_o2), times what it got.",
    ],
    tolerance=1e-6,
)


def _errors():
    return -(0.01 - OUT_O1) * OUT_O1 * (1 - OUT_O1), -(0.99 - OUT_O2) * OUT_O2 * (1 - OUT_O2)


@w3.solution
def _():
    delta_o1 = -(0.01 - OUT_O1) * OUT_O1 * (1 - OUT_O1)
    delta_o2 = -(0.99 - OUT_O2) * OUT_O2 * (1 - OUT_O2)
    delta_h2 = OUT_H2 * (1 - OUT_H2) * (0.45 * delta_o1 + 0.55 * delta_o2)
    return delta_h2 * 0.05


@w3.wrong("these are the weights out of h1, w5 and w7; h2 feeds the outputs through w6 and w8")
def _():
    o1, o2 = _errors()
    return OUT_H2 * (1 - OUT_H2) * (0.40 * o1 + 0.50 * o2) * 0.05


@w3.wrong("the slope of h2 is missing: out_h2 (1 - out_h2)")
def _():
    o1, o2 = _errors()
    return (0.45 * o1 + 0.55 * o2) * 0.05


@w3.wrong("only the share of o1 has come back; h2 feeds o2, too")
def _():
    o1, _ = _errors()
    return OUT_H2 * (1 - OUT_H2) * 0.45 * o1 * 0.05


@w3.wrong("this is the gradient of w4: the input 0.10 goes through w4, and 0.05 through w3")
def _():
    o1, o2 = _errors()
    return OUT_H2 * (1 - OUT_H2) * (0.45 * o1 + 0.55 * o2) * 0.10


_rng = np.random.default_rng(7)
hidden_error = Exercise(
    "2.3",
    "hidden_error",
    hints=[
        "What comes back to unit h is the sum over o of delta[n, o] W[o, h]: which product is that?",
        "The slope of tanh is 1 - a².",
    ],
    inputs=[(_rng.uniform(-1, 1, (5, 3)), _rng.normal(size=(2, 3)), _rng.normal(size=(5, 2)))],
)


@hidden_error.solution
def _():
    def hidden_error(a, W, delta):
        return (1 - a**2) * (delta @ W)

    return hidden_error


@hidden_error.wrong("this is the slope of the sigmoid; that of tanh is 1 - a²")
def _():
    return lambda a, W, delta: a * (1 - a) * (delta @ W)


@hidden_error.wrong("the slope of the layer's own activation is missing")
def _():
    return lambda a, W, delta: delta @ W


@hidden_error.wrong(
    "tanh is taken once more: `a` is the activation already, so the slope is 1 - a²"
)
def _():
    return lambda a, W, delta: (1 - np.tanh(a) ** 2) * (delta @ W)


multiplications = Exercise(
    "2.4",
    "multiplications",
    hints=[
        "A product of a matrix of shape (O, I) with a vector costs O · I multiplications.",
        "Backward, the gradient of a matrix of shape (O, I) is an outer product: O · I again. Which layer need not pass on?",
    ],
    tolerance=0,
)


@multiplications.solution
def _():
    forward = 784 * 300 + 300 * 10
    gradients = 784 * 300 + 300 * 10
    passed_on = 300 * 10  # to the hidden layer; the input needs no error
    return forward, gradients + passed_on


@multiplications.wrong(
    "the error need not be passed on to the input: nobody asked for its gradient"
)
def _():
    return 238200, 476400


@multiplications.wrong("backward, the output layer also passes its error on to the hidden layer")
def _():
    return 238200, 238200


@multiplications.wrong("a bias is added, not multiplied")
def _():
    return 238510, 241510
