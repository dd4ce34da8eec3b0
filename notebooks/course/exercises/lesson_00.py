"""Lesson 0: a quiz of six questions, each answered by a letter."""

from ..exercise import quiz

quiz(
    "0.1",
    "quiz_logistic",
    hint="Lesson 4: what comes out is a probability.",
    right="b",
    wrong={
        "a": "that is linear regression: its answer is any number, not a probability",
        "c": "there is no hidden layer in it",
        "d": "a threshold has no slope, so that there is nothing to descend; its soft brother has",
    },
)
quiz(
    "0.2",
    "quiz_perceptron",
    hint="Lesson 3: draw the four points, and try to separate them with a ruler.",
    right="d",
    wrong={
        "a": "AND is a threshold of 1.5 on the sum: a line separates (1, 1) from the others",
        "b": "OR is a threshold of 0.5 on the sum: a line separates (0, 0) from the others",
        "c": "NOT is a negative weight with a threshold of -0.5",
    },
)
quiz(
    "0.3",
    "quiz_layers",
    hint="Lesson 6: look at the hidden space of XOR.",
    right="b",
    wrong={
        "a": "a product of two matrices is a matrix: two linear layers are one linear layer",
        "c": "deeper networks are slower to train",
        "d": "more weights usually need more examples",
    },
)
quiz(
    "0.4",
    "quiz_backpropagation",
    hint="Lesson 1: how many evaluations of the formula does each way cost?",
    right="c",
    wrong={
        "a": "that is the check by differences: two evaluations for each weight",
        "b": "nobody does: the program itself is the formula, and the rules are applied step by step",
        "d": "that would be evolution, and slow",
    },
)
quiz(
    "0.5",
    "quiz_weakness",
    hint="Which one is false as soon as there is one hidden layer?",
    right="c",
    wrong={
        "a": "that is a weakness: a child needs fewer",
        "b": "that is a weakness, and people work on it",
        "d": "that is a weakness, though in large networks a smaller one than was feared",
    },
)
quiz(
    "0.6",
    "quiz_sharing",
    hint="Lessons 10a and 11a: count the weights, and count how often each is used.",
    right="a",
    wrong={
        "b": "both take inputs of any size or length: that is their point",
        "c": "only a recurrent network has a state, and it begins anew with each sequence",
        "d": "both learn the weights of their first layer",
    },
)
