"""nn.data: datasets, samplers, the loader, IDX files. IDX bytes are made by hand, from the format's description."""

from __future__ import annotations

import collections
import gzip
import itertools
import os
import struct

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.random import stream
from nn.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    StackDataset,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    default_convert,
    loader,
    random_split,
    read_idx,
    write_idx,
)

N = 10


def rows(n: int = N, first: int = 0) -> TensorDataset:
    """Sample i is ([10 i, 10 i + 1], i)."""
    i = np.arange(first, first + n)
    return TensorDataset(np.stack([10.0 * i, 10.0 * i + 1], 1).astype(np.float32), i)


def labels(loader) -> list:
    """The labels of every batch, as nested lists; each checked to stand beside its own row."""
    out = []
    for x, y in loader:
        assert isinstance(x, ag.Tensor) and x.dtype == np.float32
        np.testing.assert_array_equal(np.asarray(x)[:, 0], 10.0 * np.asarray(y))
        out.append(np.asarray(y).tolist())
    return out


def flat(loader) -> list:
    return list(itertools.chain.from_iterable(labels(loader)))


class Squares(Dataset):
    """A dataset of Python objects, counting how often it is read."""

    def __init__(self, n: int = N):
        self.n, self.reads = n, []

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        self.reads.append(i)
        return np.full(2, 10.0 * i, np.float32), int(i)


class Counting(TensorDataset):
    """Counts the batches that are read, and how many rows each has."""

    def __init__(self, *tensors):
        super().__init__(*tensors)
        self.batches = []

    def get_batch(self, indices):
        assert isinstance(indices, np.ndarray) and indices.dtype == np.int64
        self.batches.append(len(indices))
        return super().get_batch(indices)


# ------------------------------------------------------------------------------------------------------------ datasets


def test_tensor_dataset_reads_samples_slices_arrays_and_masks():
    data = rows()
    assert len(data) == N
    x, y = data[3]
    assert x.shape == (2,) and np.asarray(x).tolist() == [30, 31] and y.item() == 3
    assert data[-1][1].item() == N - 1
    assert data[np.int64(4)][1].item() == 4 and data[ag.tensor(4)][1].item() == 4
    assert np.asarray(data[2:5][1]).tolist() == [2, 3, 4]
    assert np.asarray(data[[4, 0, -1]][1]).tolist() == [4, 0, 9]
    assert np.asarray(data[ag.tensor([4, 0])][0]).tolist() == [[40, 41], [0, 1]]
    assert np.asarray(data[np.arange(N) > 7][1]).tolist() == [8, 9]
    assert np.asarray(data[[]][1]).tolist() == []


def test_tensor_dataset_shares_memory_with_arrays_and_keeps_tensors():
    a, t = np.zeros((3, 2)), ag.zeros(3)
    data = TensorDataset(a, t)
    assert data.tensors[1] is t
    assert np.shares_memory(np.asarray(data.tensors[0]), a)
    assert data.tensors[0].dtype == np.float64


def test_tensor_dataset_iterates_as_a_sequence():
    assert [y.item() for _, y in rows(3)] == [0, 1, 2]


def test_batches_are_copies_so_changing_one_leaves_the_dataset_alone():
    data = rows()
    for options in ({}, {"shuffle": True}):
        for x, _ in DataLoader(data, 4, **options):
            x.zero_()
    assert np.asarray(data[5][0]).tolist() == [50, 51]


def test_a_gradient_flows_through_a_batch_into_the_tensor():
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (batch,) = next(iter(DataLoader(TensorDataset(x), sampler=[2, 0], batch_size=2)))
    (batch * batch).sum().backward()
    assert np.asarray(x.grad).tolist() == [2.0, 0.0, 6.0]


def test_transform_is_called_once_a_batch_on_the_first_tensor():
    seen = []

    def double(x):
        seen.append(x.shape)
        return x * 2

    data = TensorDataset(np.arange(6.0, dtype=np.float32), np.arange(6), transform=double)
    batches = [(np.asarray(x).tolist(), np.asarray(y).tolist()) for x, y in DataLoader(data, 4)]
    assert batches == [([0, 2, 4, 6], [0, 1, 2, 3]), ([8, 10], [4, 5])]
    assert seen == [(4,), (2,)]
    assert data[-1][0].item() == 10.0 and seen[-1] == (1,)
    assert np.asarray(data[1:3][0]).tolist() == [2, 4]


def test_subset_picks_in_order_and_nests():
    sub = Subset(rows(), [7, 2, -1])
    assert len(sub) == 3
    assert [y.item() for _, y in sub] == [7, 2, 9]
    assert np.asarray(sub[[2, 0]][1]).tolist() == [9, 7]
    assert np.asarray(sub[1:][1]).tolist() == [2, 9]
    assert flat(DataLoader(Subset(sub, [2, 1]), 2)) == [9, 2]
    assert flat(DataLoader(Subset(rows(), np.arange(N) % 3 == 0), 3)) == [0, 3, 6, 9]
    assert Subset(Squares(), [3])[0][1] == 3


@pytest.mark.parametrize("order", [range(10), [9, 0, 4, 3, 5, 1], [5, 6], [3, 3, 4, 4]])
def test_concat_reads_across_its_parts(order):
    data = ConcatDataset([rows(4), rows(6, first=4)])
    assert len(data) == 10
    assert [data[i][1].item() for i in order] == list(order)
    assert flat(DataLoader(data, 4, sampler=order)) == list(order)
    assert data[-1][1].item() == 9


def test_plus_concatenates():
    data = rows(2) + rows(3, first=2) + Squares(1)
    assert len(data) == 6 and [int(data[i][1]) for i in range(6)] == [0, 1, 2, 3, 4, 0]


def test_stack_gives_tuples_or_dicts():
    a, b = TensorDataset(np.arange(4)), TensorDataset(np.arange(4) * 10)
    (x,), (y,) = StackDataset(a, b)[2]
    assert (x.item(), y.item()) == (2, 20)
    named = StackDataset(low=a, high=b)
    assert named[3]["high"][0].item() == 30
    (batch,) = DataLoader(named, 4)
    assert np.asarray(batch["high"][0]).tolist() == [0, 10, 20, 30]
    both = StackDataset(a, Squares(4))
    assert not both.batched and both[1][1][1] == 1


@pytest.mark.parametrize(
    ("lengths", "sizes"),
    [([7, 3], [7, 3]), ([0.8, 0.2], [8, 2]), ([0.5, 0.25, 0.25], [6, 2, 2]), ([1.0], [10]), ([10, 0], [10, 0]),
     ([1 / 3] * 3, [4, 3, 3])],
)  # fmt: skip
def test_random_split_sizes_cover_without_overlap(lengths, sizes):
    parts = random_split(rows(), lengths, generator=ag.Generator(1))
    assert [len(p) for p in parts] == sizes
    assert sorted(itertools.chain.from_iterable(p.indices.tolist() for p in parts)) == list(range(N))


def test_random_split_is_given_by_its_generator():
    first, second, other = (random_split(range(1000), [0.5, 0.5], ag.Generator(s))[0].indices for s in (3, 3, 4))
    assert first.tolist() == second.tolist() != other.tolist()
    assert first.tolist() != sorted(first.tolist())


# ------------------------------------------------------------------------------------------------------------ samplers


def test_random_sampler_permutes_repeats_and_replaces():
    assert sorted(RandomSampler(range(50))) == list(range(50))
    assert list(RandomSampler(range(50))) != list(range(50))
    several = list(RandomSampler(range(5), num_samples=12))
    assert len(several) == 12
    assert sorted(several[:5]) == sorted(several[5:10]) == list(range(5))
    twice = list(RandomSampler(range(50), num_samples=100))
    assert sorted(twice[:50]) == sorted(twice[50:]) and twice[:50] != twice[50:]
    few = RandomSampler(range(100), num_samples=7)
    assert len(few) == 7 and len(set(few)) == 7
    replaced = list(RandomSampler(range(10), replacement=True, num_samples=1000))
    counts = collections.Counter(replaced)
    assert set(counts) == set(range(10)) and len(set(counts.values())) > 1  # a permutation would give 100 each
    assert max(abs(c - 100) for c in counts.values()) < 60


def test_subset_random_sampler_permutes_its_indices():
    assert sorted(SubsetRandomSampler([2, 4, 8], ag.Generator(0))) == [2, 4, 8]
    assert len({tuple(SubsetRandomSampler([2, 4, 8])) for _ in range(200)}) == 6


def test_weighted_sampler_draws_in_proportion():
    draws = np.array(list(WeightedRandomSampler([1, 0, 3], 4000, generator=ag.Generator(0))))
    assert np.bincount(draws, minlength=3)[1] == 0
    assert abs(np.mean(draws == 2) - 0.75) < 0.04  # 5.8 standard deviations
    assert sorted(WeightedRandomSampler(ag.tensor([0.2, 0.0, 0.3, 0.5]), 3, replacement=False)) == [0, 2, 3]


@pytest.mark.parametrize(
    ("drop_last", "batches"), [(False, [[0, 1, 2], [3, 4, 5], [6]]), (True, [[0, 1, 2], [3, 4, 5]])]
)
def test_batch_sampler_gives_lists(drop_last, batches):
    for sampler in (SequentialSampler(range(7)), range(7), (i for i in range(7))):
        assert list(BatchSampler(sampler, 3, drop_last)) == batches
    assert len(BatchSampler(range(7), 3, drop_last)) == len(batches)
    assert len(BatchSampler(range(6), 3, drop_last)) == 2


def test_samplers_draw_as_they_go():
    """An epoch of 10¹⁰ draws takes no memory, and the blocks are those of one long array."""
    endless = 10**10
    for sampler in (
        RandomSampler(range(10), True, endless), RandomSampler(range(10), num_samples=endless),
        WeightedRandomSampler([1.0, 2.0], endless), SequentialSampler(range(endless)),
    ):  # fmt: skip
        assert len(sampler) == endless
        assert len(next(iter(DataLoader(range(10), sampler=sampler, batch_size=4)))) == 4
        assert len(list(itertools.islice(sampler, 100_000))) == 100_000
        batches = BatchSampler(sampler, 30_000)
        assert [len(batch) for batch in itertools.islice(batches.arrays(), 5)] == [30_000] * 5
    assert next(iter(DataLoader(range(endless), batch_size=4))).tolist() == [0, 1, 2, 3]
    n = 150_000
    weights = np.arange(1.0, 8.0)
    for make, whole in (
        (lambda g: RandomSampler(range(7), True, n, g), lambda rng: rng.integers(0, 7, n)),
        (lambda g: WeightedRandomSampler(weights, n, generator=g), lambda rng: rng.choice(7, n, p=weights / weights.sum())),
        (lambda g: RandomSampler(range(7), False, n, g),
         lambda rng: np.concatenate([rng.permutation(7) for _ in range(-(-n // 7))])[:n]),
        (lambda g: SequentialSampler(range(n)), lambda rng: np.arange(n)),
    ):  # fmt: skip
        reference = whole(stream(ag.Generator(3)))
        np.testing.assert_array_equal(list(make(ag.Generator(3))), reference)
        for size in (1000, 70_001, 140_000):
            batches = list(BatchSampler(make(ag.Generator(3)), size).arrays())
            np.testing.assert_array_equal(np.concatenate(batches), reference)
            assert {len(batch) for batch in batches[:-1]} == {size}
            kept = list(BatchSampler(make(ag.Generator(3)), size, drop_last=True).arrays())
            assert sum(map(len, kept)) == n // size * size


def test_a_subclass_of_a_sampler_decides_the_order():
    class Backwards(SequentialSampler):
        def __iter__(self):
            return reversed(range(len(self)))

    assert list(BatchSampler(Backwards(range(5)), 2)) == [[4, 3], [2, 1], [0]]
    data = TensorDataset(np.arange(5))
    assert [x.tolist() for (x,) in DataLoader(data, 2, sampler=Backwards(data))] == [[4, 3], [2, 1], [0]]


def test_batch_sampler_does_not_exhaust_an_endless_sampler():
    batches = iter(BatchSampler(itertools.count(), 2, False))
    assert [next(batches), next(batches)] == [[0, 1], [2, 3]]


@pytest.mark.parametrize(
    "make",
    [
        lambda g: RandomSampler(range(99), generator=g),
        lambda g: RandomSampler(range(99), replacement=True, generator=g),
        lambda g: SubsetRandomSampler(range(99), g),
        lambda g: WeightedRandomSampler(np.ones(99), 99, generator=g),
        lambda g: DataLoader(range(99), None, sampler=RandomSampler(range(99), generator=g)),
    ],
)
def test_same_seed_same_order_and_a_new_one_each_epoch(make):
    one, two, three = make(ag.Generator(5)), make(ag.Generator(5)), make(ag.Generator(6))
    epoch, again = list(one), list(one)
    assert [epoch, again] == [list(two), list(two)]
    assert epoch != again and epoch != list(three)
    ag.manual_seed(11)
    default = list(make(None))
    ag.manual_seed(11)
    assert list(make(None)) == default


# -------------------------------------------------------------------------------------------------------------- loader


@pytest.mark.parametrize("data", [rows(), Squares(), ConcatDataset([rows(3), rows(7, first=3)])], ids=type)
@pytest.mark.parametrize(
    ("options", "batches"),
    [
        ({"batch_size": 4}, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]),
        ({"batch_size": 4, "drop_last": True}, [[0, 1, 2, 3], [4, 5, 6, 7]]),
        ({"batch_size": 5}, [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]),
        ({"batch_size": 100}, [list(range(10))]),
        ({"batch_size": 100, "drop_last": True}, []),
        ({"batch_size": 2, "sampler": [5, 1, 1]}, [[5, 1], [1]]),
        ({"batch_sampler": [[3], [9, 0, 9]]}, [[3], [9, 0, 9]]),
        ({"batch_sampler": BatchSampler([8, 6, 7], 2)}, [[8, 6], [7]]),
        ({}, [[i] for i in range(10)]),
    ],
)
def test_loader_batches(data, options, batches):
    loader = DataLoader(data, **options)
    assert labels(loader) == batches
    assert labels(loader) == batches
    assert len(loader) == len(batches)


def test_loader_shuffles_every_epoch_by_its_generator():
    def epochs(seed):
        loader = DataLoader(rows(100), 32, shuffle=True, generator=ag.Generator(seed))
        return [flat(loader), flat(loader)]

    first = epochs(0)
    assert first == epochs(0) != epochs(1)
    assert first[0] != first[1] and sorted(first[0]) == sorted(first[1]) == list(range(100))


def test_batches_are_of_one_form_however_they_were_read():
    class OneByOne(TensorDataset):
        def __getitem__(self, i):
            return super().__getitem__(i)

    def form(batch):
        if isinstance(batch, ag.Tensor):
            return batch.shape, batch.dtype
        if isinstance(batch, dict):
            return {key: form(value) for key, value in batch.items()}
        return type(batch), [form(field) for field in batch]

    quick, slow = rows(), OneByOne(*rows().tensors)
    for around in (lambda d: d, StackDataset, lambda d: StackDataset(a=d), lambda d: d + d):
        assert [form(b) for b in DataLoader(around(quick), 4)] == [form(b) for b in DataLoader(around(slow), 4)]


def test_an_epoch_begun_is_not_disturbed_by_another():
    loader = DataLoader(rows(8), 2)
    outer, inner = iter(loader), iter(loader)
    next(outer)
    assert np.asarray(next(inner)[1]).tolist() == [0, 1]
    assert np.asarray(next(outer)[1]).tolist() == [2, 3]


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize(
    "around",
    [
        lambda d: d,
        lambda d: Subset(d, np.arange(1000)),
        lambda d: Subset(Subset(d, range(1000)), np.arange(1000)[::-1]),
        lambda d: ConcatDataset([Subset(d, range(1000))]),
        lambda d: StackDataset(Subset(d, range(1000))),
        lambda d: random_split(d, [1000, 0])[0],
    ],
)
def test_an_in_memory_dataset_is_read_once_a_batch(around, shuffle, monkeypatch):
    data = Counting(np.arange(1000.0, dtype=np.float32), np.arange(1000))
    taken = []
    take = np.take
    monkeypatch.setattr(np, "take", lambda a, i, axis: taken.append(len(i)) or take(a, i, axis=axis))
    monkeypatch.setattr(TensorDataset, "_transformed", lambda self, batch: batch)  # nothing but the two reads is left
    single = []
    monkeypatch.setattr(ag.Tensor, "__getitem__", lambda self, i: single.append(i))
    loader = DataLoader(around(data), batch_size=256, shuffle=shuffle)
    assert len(list(loader)) == 4
    assert data.batches == [256, 256, 256, 232]
    assert taken == [256, 256, 256, 256, 256, 256, 232, 232]  # one fancy index a tensor and batch
    assert single == []


def test_a_subclass_with_a_getitem_of_its_own_is_read_through_it():
    class Negated(TensorDataset):
        def __getitem__(self, i):
            x, y = super().__getitem__(i)
            return -x, y

    data = Negated(np.arange(4.0, dtype=np.float32), np.arange(4))
    for around in (data, Subset(data, range(4)), ConcatDataset([data]), StackDataset(data)):
        assert not around.batched
    x, y = next(iter(DataLoader(Subset(data, [3, 1]), 2)))
    assert np.asarray(x).tolist() == [-3, -1] and np.asarray(y).tolist() == [3, 1]


def test_collate_fn_is_given_the_samples():
    loader = DataLoader(rows(5), 2, collate_fn=lambda samples: [int(y) for _, y in samples])
    assert list(loader) == [[0, 1], [2, 3], [4]]


def test_batch_size_none_gives_samples():
    loader = DataLoader(Squares(3), batch_size=None)
    samples = list(loader)
    assert len(loader) == len(samples) == 3
    assert isinstance(samples[1][0], ag.Tensor) and samples[1][1] == 1
    assert list(DataLoader(range(5), None, sampler=[4, 2])) == [4, 2]


class Stream(IterableDataset):
    def __iter__(self):
        return iter(np.arange(5.0, dtype=np.float32))


@pytest.mark.parametrize(
    ("options", "batches"),
    [({"batch_size": 2}, [[0, 1], [2, 3], [4]]), ({"batch_size": 2, "drop_last": True}, [[0, 1], [2, 3]]),
     ({"batch_size": None}, [0, 1, 2, 3, 4])],
)  # fmt: skip
def test_iterable_dataset_is_batched_as_it_comes(options, batches):
    assert [np.asarray(b).tolist() for b in DataLoader(Stream(), **options)] == batches


def test_default_collate_table():
    Point = collections.namedtuple("Point", "x y")
    assert default_collate([1, 2]).dtype == np.int64
    assert default_collate([1.0, 2.0]).dtype == np.float32
    assert default_collate([True, False]).dtype == np.bool_
    assert default_collate([np.float64(1), np.float64(2)]).dtype == np.float64
    assert default_collate([np.zeros((2, 3)), np.ones((2, 3))]).shape == (2, 2, 3)
    assert default_collate([ag.zeros(4), ag.ones(4)]).shape == (2, 4)
    assert default_collate(["a", "b"]) == ["a", "b"]
    nested = default_collate([{"a": (1, "x"), "b": [2.0]}, {"a": (3, "y"), "b": [4.0]}])
    assert np.asarray(nested["a"][0]).tolist() == [1, 3] and nested["a"][1] == ["x", "y"]
    assert np.asarray(nested["b"][0]).tolist() == [2.0, 4.0]
    point = default_collate([Point(1, 2), Point(3, 4)])
    assert type(point) is Point and np.asarray(point.y).tolist() == [2, 4]
    ordered = default_collate([collections.OrderedDict(a=1), collections.OrderedDict(a=2)])
    assert type(ordered) is collections.OrderedDict


def test_default_convert_makes_tensors_of_arrays_only():
    Point = collections.namedtuple("Point", "x y")
    out = default_convert({"a": np.zeros(2), "b": ("s", 3), "p": Point(np.ones(1), 2)})
    assert isinstance(out["a"], ag.Tensor) and out["b"] == ["s", 3]
    assert isinstance(out["p"].x, ag.Tensor) and out["p"].y == 2


# -------------------------------------------------------------------------------------------------------------- errors

ERRORS = {
    "lengths differ": (lambda: TensorDataset(np.zeros((3, 2)), np.zeros(4)), ValueError,
                       r"different lengths \[3, 4\] \(shapes \[\(3, 2\), \(4,\)\]\)"),
    "no tensor": (TensorDataset, ValueError, "at least one tensor"),
    "0-d tensor": (lambda: TensorDataset(np.zeros(3), 1.0), ValueError, r"first dimension .* \[\(3,\), \(\)\]"),
    "index above": (lambda: rows()[10], IndexError, "index 10 is out of range for 10 samples; use -10 … 9"),
    "index below": (lambda: rows()[-11], IndexError, "index -11 is out of range"),
    "index array": (lambda: rows()[[1, 10]], IndexError, r"index 10 \(at position 1\) is out of range for 10"),
    "index type": (lambda: rows()["a"], TypeError, "an integer, a slice or an array of integers, got 'a'"),
    "index dtype": (lambda: rows()[[0.5]], TypeError, r"integers in one dimension, got float64 of shape \(1,\)"),
    "index ndim": (lambda: rows()[[[0]]], TypeError, r"int64 of shape \(1, 1\)"),
    "mask": (lambda: rows()[[True]], IndexError, r"a mask of shape \(1,\) does not fit 10 samples"),
    "empty index": (lambda: rows(0)[0], IndexError, "index 0 is out of range for 0 samples; there is none"),
    "transform": (lambda: TensorDataset(np.zeros((4, 2)), transform=lambda x: x[0])[:], ValueError,
                  r"a batch of shape \(4, 2\) and returned shape \(2,\); .* 4 rows"),
    "transform type": (lambda: TensorDataset(np.zeros(4), transform=lambda x: None)[:], ValueError, "NoneType"),
    "subset above": (lambda: Subset(rows(), [0, 12]), IndexError, r"index 12 \(at position 1\)"),
    "subset read": (lambda: Subset(rows(), [0, 1])[2], IndexError, "Subset: index 2 is out of range for 2 samples"),
    "subset no len": (lambda: Subset(Stream(), [0]), TypeError, "Stream has no length"),
    "concat none": (lambda: ConcatDataset([]), ValueError, "at least one dataset"),
    "concat read": (lambda: (rows(2) + rows(3))[5], IndexError, "index 5 is out of range for 5 samples"),
    "concat stream": (lambda: rows() + Stream(), TypeError, "Stream is an IterableDataset"),
    "concat shapes": (lambda: list(DataLoader(TensorDataset(np.zeros((1, 2))) + TensorDataset(np.zeros((1, 3))), 2)),
                      ValueError, r"\[\(2,\), \(3,\)\] cannot stand in one batch"),
    "stack lengths": (lambda: StackDataset(rows(2), rows(3)), ValueError, r"different lengths \[2, 3\]"),
    "stack none": (StackDataset, ValueError, "0 positions and 0 keywords"),
    "stack mixed": (lambda: StackDataset(rows(), a=rows()), ValueError, "1 positions and 1 keywords"),
    "split sum": (lambda: random_split(rows(), [5, 6]), ValueError, r"\[5, 6\] add up to 11; .* the 10 of the dataset"),
    "split fractions": (lambda: random_split(rows(), [0.5, 0.4]), ValueError, "add up to 0.9"),
    "split negative": (lambda: random_split(rows(), [11, -1]), ValueError, r"not be negative, got \[11, -1\]"),
    "no getitem": (lambda: Dataset()[0], NotImplementedError, "__getitem__"),
    "no get_batch": (lambda: Dataset().get_batch(np.arange(1)), NotImplementedError, "no get_batch"),
    "no iter": (lambda: iter(IterableDataset()), NotImplementedError, "__iter__"),
    "sampler no iter": (lambda: iter(Sampler()), NotImplementedError, "__iter__"),
    "num_samples": (lambda: RandomSampler(range(3), num_samples=0), ValueError, "num_samples .* at least 1, got 0"),
    "random empty": (lambda: list(RandomSampler([])), ValueError, "empty"),
    "generator": (lambda: RandomSampler(range(3), generator=0), TypeError, r"got 0; write ag.Generator\(seed\)"),
    "weights shape": (lambda: WeightedRandomSampler([[1]], 1), ValueError, r"got shape \(1, 1\)"),
    "weights negative": (lambda: WeightedRandomSampler([1, -2], 1), ValueError, "weight 1 is -2.0"),
    "weights nan": (lambda: WeightedRandomSampler([float("nan")], 1), ValueError, "weight 0 is nan"),
    "weights zero": (lambda: WeightedRandomSampler([0, 0], 1), ValueError, "all 2 weights are 0"),
    "weights too few": (lambda: WeightedRandomSampler([1, 0], 2, replacement=False), ValueError,
                        "2 draws without replacement .* there are 1 of 2"),
    "batch size 0": (lambda: DataLoader(rows(), 0), ValueError, "batch_size must be .* at least 1, got 0"),
    "batch size half": (lambda: DataLoader(rows(), 1.5), ValueError, "got 1.5"),
    "sampler batch size": (lambda: BatchSampler(range(3), -1), ValueError, "got -1"),
    "shuffle sampler": (lambda: DataLoader(rows(), sampler=[0], shuffle=True), ValueError, "sampler and shuffle=True"),
    "batch_sampler": (lambda: DataLoader(rows(), 2, batch_sampler=[[0]]), ValueError, "batch_size=2"),
    "batch_sampler shuffle": (lambda: DataLoader(rows(), shuffle=True, batch_sampler=[[0]]), ValueError, "shuffle=T"),
    "none drop": (lambda: DataLoader(rows(), None, drop_last=True), ValueError, "batch_size=None makes no batches"),
    "empty dataset": (lambda: DataLoader(rows(0)), ValueError, r"\(TensorDataset\) is empty, it has 0 samples"),
    "workers": (lambda: DataLoader(rows(), num_workers=-1), ValueError, "num_workers must be .* at least 0, got -1"),
    "half a worker": (lambda: DataLoader(rows(), num_workers=0.5), ValueError, "num_workers must be .* got 0.5"),
    "timeout": (lambda: DataLoader(rows(), timeout=-1), ValueError, "timeout must not be negative, got -1"),
    "indices to shuffle": (lambda: SubsetRandomSampler([0.5]), TypeError, "indices must be integers, got float64"),
    "no len": (lambda: DataLoader(iter([])), TypeError, "list_iterator has no length"),
    "loader generator": (lambda: DataLoader(rows(), shuffle=True, generator=3), TypeError, "DataLoader: generator"),
    "stream shuffle": (lambda: DataLoader(Stream(), shuffle=True), ValueError, "shuffle=True .* Stream"),
    "stream sampler": (lambda: DataLoader(Stream(), sampler=[0]), ValueError, r"sampler=\[0\]"),
    "sampler range": (lambda: list(DataLoader(rows(), 2, sampler=[0, 10])), IndexError, "index 10 .* 10 samples"),
    "stream len": (lambda: len(DataLoader(Stream(), 2)), TypeError, "Stream has no length"),
    "collate empty": (lambda: default_collate([]), ValueError, "the batch is empty"),
    "collate shapes": (lambda: default_collate([np.zeros(3), np.zeros(3), np.zeros(4)]), ValueError,
                       r"sample 0 has shape \(3,\) and sample 2 has \(4,\)"),
    "collate fields": (lambda: default_collate([(1, 2), (1,)]), ValueError, r"\[1, 2\]"),
    "collate type": (lambda: default_collate([object()]), TypeError, "a sample is of type object"),
}  # fmt: skip


def test_workers_run_in_the_calling_process_and_that_is_said_once(monkeypatch):
    monkeypatch.setattr(loader, "warned", [])
    processes = []

    class Here(Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            processes.append(os.getpid())
            return index

    with pytest.warns(UserWarning, match="num_workers=2, but there are no worker processes") as caught:
        loaders = [DataLoader(Here(), 2, num_workers=n) for n in (2, 4)]
    assert len(caught) == 1 and caught[0].filename == __file__
    assert [batch.tolist() for batch in loaders[0]] == [[0, 1], [2, 3]] and set(processes) == {os.getpid()}
    assert loaders[0].num_workers == 2


def test_options_of_workers_and_devices_are_accepted():
    called = []
    batches = DataLoader(
        np.arange(5), 2, False, None, None, 0, None, False, True, 1.5, called.append, "spawn", ag.Generator(0),
        prefetch_factor=2, persistent_workers=True, pin_memory_device="cpu", in_order=False,
    )  # fmt: skip
    assert [batch.tolist() for batch in batches] == [[0, 1], [2, 3]]
    assert batches.drop_last and not batches.pin_memory and not called


@pytest.mark.parametrize("case", ERRORS)
def test_errors_say_what_was_given(case):
    call, kind, message = ERRORS[case]
    with pytest.raises(kind, match=message):
        call()


# ----------------------------------------------------------------------------------------------------------- IDX files


def idx(code: int, shape: tuple, data: bytes) -> bytes:
    return bytes([0, 0, code, len(shape)]) + b"".join(struct.pack(">I", n) for n in shape) + data


GOOD = idx(0x08, (2, 3), bytes(range(6)))


@pytest.mark.parametrize(
    ("code", "dtype", "form"),
    [(0x08, "uint8", "B"), (0x09, "int8", "b"), (0x0B, "int16", "h"), (0x0C, "int32", "i"), (0x0D, "float32", "f"),
     (0x0E, "float64", "d")],
)  # fmt: skip
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx_of_every_type_is_read(tmp_path, code, dtype, form, pack):
    path = tmp_path / "data"  # packed or not is told by the content
    path.write_bytes(pack(idx(code, (2, 1, 3), struct.pack(f">6{form}", 1, 2, 3, 4, 5, 100))))
    array = read_idx(path)
    assert array.dtype == dtype and array.dtype.isnative
    assert array.tolist() == [[[1, 2, 3]], [[4, 5, 100]]]
    array[0] = 0  # the memory is the caller's own


@pytest.mark.parametrize("name", ["data.idx", "data.idx.gz"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", ">i4", "float64"])
def test_idx_written_has_the_described_bytes(tmp_path, name, dtype):
    path, array = tmp_path / name, np.arange(6).reshape(2, 3).astype(dtype)
    write_idx(path, array)
    raw = path.read_bytes()
    if name.endswith(".gz"):
        raw = gzip.decompress(raw)
    code, form = {"uint8": (8, "B"), "int16": (11, "h"), ">i4": (12, "i"), "float64": (14, "d")}[dtype]
    assert raw == idx(code, (2, 3), struct.pack(f">6{form}", *range(6)))
    before = path.read_bytes()
    write_idx(path, array)
    assert path.read_bytes() == before


packed = gzip.compress(GOOD)
BAD_FILES = {
    "empty": (b"", "a magic number of 4 bytes, found 0"),
    "short": (b"\0\0\x08", "4 bytes, found 3"),
    "magic": (b"\0\0\x08\x01" + GOOD[4:], r"expected the magic number 2050 \(0x00000802\), found 2049 \(0x00000801\)"),
    "header": (GOOD[:10], "truncated in the header: 2 dimensions take 8 bytes, found 6"),
    "truncated": (GOOD[:-1], r"truncated: its header says uint8 of shape \(2, 3\), expected 6 bytes of data, found 5;"),
    "no data": (GOOD[:12], "expected 6 bytes of data, found 0"),
    "too long": (GOOD + b"!", r"too long: .* expected 6 bytes of data, found 7;"),
    "huge": (idx(0x08, (2**32 - 1, 2**31), b"123456"), "found 6;"),
    "gzip truncated": (packed[:-6], rf"damaged gzip file of {len(packed) - 6} bytes"),
    "gzip cut in data": (packed[:14], "damaged gzip file of 14 bytes"),
    "gzip checksum": (packed[:-8] + b"\1\2\3\4" + packed[-4:], "damaged gzip .*CRC"),
    "gzip body": (packed[:10] + b"\xff" * 8 + packed[18:], "damaged gzip"),
    "gzip with a tail": (packed + b"tail", "damaged gzip"),
    "gzip truncated inside": (gzip.compress(GOOD[:-2]), "expected 6 bytes of data, found 4"),
    "gzip too long inside": (gzip.compress(GOOD + b"?"), "found 7 or more"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_idx_file_is_named_with_what_was_expected_and_found(tmp_path, case):
    data, message = BAD_FILES[case]
    path = tmp_path / "train-images"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=message) as error:
        read_idx(path, 0x0802)
    assert str(path) in str(error.value) and "delete the file" in str(error.value)


@pytest.mark.parametrize("start", [b"GIF8", b"\0\0\x07\x01", b"\0\1\x08\x01"])
def test_without_a_magic_number_only_idx_is_accepted(tmp_path, start):
    path = tmp_path / "x"
    path.write_bytes(start + GOOD[4:])
    with pytest.raises(ValueError, match=f"not an IDX file: .* found {start[:3].hex(' ')}"):
        read_idx(path)


def test_idx_errors_of_use(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "nothing")
    with pytest.raises(TypeError, match="not int64"):
        write_idx(tmp_path / "x", np.arange(3))
    assert not (tmp_path / "x").exists()
