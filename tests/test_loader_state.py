"""The state of loaders and samplers: an iteration goes on where another was left."""

import itertools
import pickle

import numpy as np
import pytest

import autograd_core as ag
from nn.data import (
    BatchSampler,
    DataLoader,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
)

N = 23
SAMPLERS = {
    "sequential": lambda g: SequentialSampler(range(N)),
    "permutation": lambda g: RandomSampler(range(N), generator=g),
    "replacement": lambda g: RandomSampler(range(N), True, generator=g),
    "blocks": lambda g: RandomSampler(range(40_000), num_samples=150_000, generator=g),
    "draws": lambda g: WeightedRandomSampler(np.arange(1.0, 8.0), 150_000, generator=g),
    "weighted": lambda g: WeightedRandomSampler(np.arange(1.0, 31.0), N, False, generator=g),
    "subset": lambda g: SubsetRandomSampler(range(5, 5 + N), g),
}


def stored(state):
    """A state as a file gives it back."""
    return pickle.loads(pickle.dumps(state))


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("own", [True, False], ids=["own generator", "default generator"])
def test_a_sampler_goes_on_where_it_was_left(name, own):
    for count in (0, 1, 7, N, 65_536, 70_000):
        ag.manual_seed(2)
        one = SAMPLERS[name](ag.Generator(1) if own else None)
        if count > len(one):
            continue
        iterator = iter(one)
        list(itertools.islice(iterator, count))
        state, position = stored(one.state_dict()), ag.get_rng_state()
        rest, following = list(iterator), list(one)
        two = SAMPLERS[name](ag.Generator(9) if own else None)
        list(itertools.islice(two, 3))
        two.load_state_dict(state)
        ag.set_rng_state(position)
        assert stored(two.state_dict()).keys() == state.keys() and two.state_dict()["drawn"] == state["drawn"]
        assert list(two) == rest
        assert list(two) == following  # the next epoch is a whole one


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("name", SAMPLERS)
def test_a_batch_sampler_goes_on_at_every_batch(name, drop_last):
    size = 4 if name not in ("blocks", "draws") else 29_000
    ag.manual_seed(2)
    for count in range(len(BatchSampler(SAMPLERS[name](None), size, drop_last)) + 1):
        one = BatchSampler(SAMPLERS[name](ag.Generator(1)), size, drop_last)
        iterator = iter(one)
        list(itertools.islice(iterator, count))
        state = stored(one.state_dict())
        rest, following = list(iterator), list(one)
        two = BatchSampler(SAMPLERS[name](ag.Generator(8)), size, drop_last)
        two.load_state_dict(state)
        assert list(two) == rest
        assert list(two) == following


def rows():
    return TensorDataset(np.arange(N))


class Squares:
    def __len__(self):
        return N

    def __getitem__(self, i):
        return i * i


class Backwards(SequentialSampler):
    """A subclass that iterates in its own way, so that the state of its base says nothing."""

    def __iter__(self):
        return iter(range(N)[::-1])


class Bare(Sampler):
    def __len__(self):
        return N

    def __iter__(self):
        return iter(ag.randperm(N).tolist())


class Stateful(Bare):
    """A sampler of a user's with a state."""

    def __init__(self):
        self.at = 0

    def __iter__(self):
        order = np.random.default_rng(0).permutation(N)
        while self.at < N:
            self.at += 1
            yield int(order[self.at - 1])
        self.at = 0

    def state_dict(self):
        return {"at": self.at}

    def load_state_dict(self, state):
        self.at = state["at"]


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(N))


LOADERS = {
    "plain": lambda: DataLoader(rows(), 4),
    "shuffled": lambda: DataLoader(rows(), 4, shuffle=True),
    "drop_last": lambda: DataLoader(rows(), 4, shuffle=True, drop_last=True),
    "samples": lambda: DataLoader(Squares(), 4, shuffle=True),
    "single": lambda: DataLoader(Squares(), None, shuffle=True),
    "collate": lambda: DataLoader(rows(), 4, shuffle=True, collate_fn=len),
    "weighted": lambda: DataLoader(rows(), 4, sampler=WeightedRandomSampler(np.ones(N), N)),
    "batch_sampler": lambda: DataLoader(rows(), batch_sampler=BatchSampler(RandomSampler(range(N)), 4)),
    "list": lambda: DataLoader(rows(), 4, sampler=list(range(N))[::-1]),
    "backwards": lambda: DataLoader(rows(), 4, sampler=Backwards(range(N))),
    "bare": lambda: DataLoader(rows(), 4, sampler=Bare()),
    "stateful": lambda: DataLoader(rows(), 4, sampler=Stateful()),
    "batches": lambda: DataLoader(rows(), batch_sampler=[[1, 2], [0], [3, 4]]),
    "stream": lambda: DataLoader(Stream(), 4),
}


def listed(batches):
    return [repr(batch) for batch in batches]


@pytest.mark.parametrize("name", LOADERS)
def test_a_loader_goes_on_at_every_batch(name):
    batches = len(LOADERS[name]()) if name != "stream" else 6
    for count in range(batches + 1):
        ag.manual_seed(4)
        one = LOADERS[name]()
        iterator = iter(one)
        listed(itertools.islice(iterator, count))
        state, position = stored(one.state_dict()), ag.get_rng_state()
        rest, following = listed(iterator), listed(one)
        ag.manual_seed(4)  # as at the start of the epoch
        two = LOADERS[name]()
        two.load_state_dict(state)
        assert two.state_dict()["batches"] == count
        iterator = iter(two)
        ag.set_rng_state(position)
        assert listed(iterator) == rest
        assert listed(two) == following


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_state_after_a_whole_epoch_is_that_before_the_next(name):
    one, two = SAMPLERS[name](ag.Generator(1)), SAMPLERS[name](ag.Generator(2))
    for read in (lambda: list(one), lambda: list(BatchSampler(one, 4)), lambda: list(BatchSampler(one, 5, True))):
        read()
        assert one.state_dict()["drawn"] == 0
        two.load_state_dict(stored(one.state_dict()))
        assert list(two) == list(one)


def test_an_exact_loader_goes_on_whatever_was_drawn_meanwhile():
    one, two = DataLoader(rows(), 4, shuffle=True), DataLoader(rows(), 4, shuffle=True)
    iterator = iter(one)
    next(iterator)
    two.load_state_dict(one.state_dict())
    ag.rand(100)
    assert listed(two) == listed(iterator)


def test_another_order_is_noticed_where_a_sampler_has_no_state():
    ag.manual_seed(0)
    one = DataLoader(rows(), 4, sampler=Bare())
    iterator = iter(one)
    list(itertools.islice(iterator, 2))
    one.load_state_dict(one.state_dict())
    with pytest.raises(
        ValueError, match=r"Bare has no state of its own, .* batch 2 is another; seed what it draws from"
    ):
        iter(one)


def test_the_state_of_an_iteration_in_the_middle_can_be_pickled_and_copied():
    one = DataLoader(rows(), 4, shuffle=True, generator=ag.Generator(1))
    iterator = iter(one)
    next(iterator)
    assert pickle.loads(pickle.dumps(one)).state_dict()["batches"] == 1


def test_states_that_do_not_fit():
    state = SequentialSampler(range(4)).state_dict()
    with pytest.raises(ValueError, match="of a sampler of 4 indices, and this one has 5; make it from the same data"):
        SequentialSampler(range(5)).load_state_dict(state)
    with pytest.raises(ValueError, match="3 of 2 indices to give; it is damaged"):
        RandomSampler(range(4)).load_state_dict({"length": 4, "drawn": 2, "pending": [1, 2, 3]})
    with pytest.raises(TypeError, match=r"BatchSampler: range has no state of its own; give it state_dict\(\)"):
        BatchSampler(range(4), 2).state_dict()
    with pytest.raises(ValueError, match="of a loader with another sampler"):
        DataLoader(rows(), 4).load_state_dict(DataLoader(rows(), 4, sampler=range(N)).state_dict())
