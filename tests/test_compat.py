"""`autograd_core.compat`: PyTorch's paths, constructors and devices; what stands in for the rest, and what is refused."""

import doctest
import importlib
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim

ROOT = Path(__file__).parent.parent


@pytest.fixture
def torch():
    return importlib.import_module("autograd_core.compat")


def printed(code, cwd, *options):
    """What a program prints that is run in a folder of its own."""
    program = Path(cwd) / "program.py"
    program.write_text(code)
    done = subprocess.run(
        [sys.executable, *options, str(program)], capture_output=True, text=True, cwd=cwd, check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(cwd)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_paths_are_the_same_modules(torch):
    assert torch.nn.functional is nn.functional and torch.optim.lr_scheduler is optim.lr_scheduler
    assert torch.nn.Linear is nn.Linear and torch.nn.modules.conv.Conv2d is nn.Conv2d and torch.exp is ag.exp
    assert torch.utils.data.DataLoader is nn.data.DataLoader and torch.nn.utils.rnn is nn.utils.rnn
    assert torch.func.vmap is ag.func.vmap and torch.autograd.Function is ag.Function
    for path in (
        "nn.utils.parametrize",
        "nn.init",
        "optim.adam",
        "fft",
        "linalg",
        "special",
        "random",
        "utils.checkpoint",
    ):
        module = importlib.import_module(f"autograd_core.compat.{path}")
        assert module.__name__.rpartition(".")[2] == path.rpartition(".")[2] and "compat" not in module.__name__
    with pytest.raises(ModuleNotFoundError, match="nothing"):
        importlib.import_module("autograd_core.compat.nn.nothing")
    assert nn.functional.__spec__.name == "nn.functional" and torch.__spec__.name == "autograd_core.compat"


INSTALLED = """
import autograd_core.compat
autograd_core.compat.install()
autograd_core.compat.install()
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.utils.data
import torch.nn.modules.conv
import torch.backends.cudnn as cudnn
import torch.distributed as dist
import torch.optim.lr_scheduler as lr
from torch import Tensor, optim
from torch.amp import autocast
from torch.autograd import Function, Variable
from torch.autograd.function import Function as F2
from torch.cuda.amp import GradScaler
from torch.func import functional_call, vmap
from torch.nn import *
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.nn.parameter import Parameter
from torch.nn.utils.rnn import pack_padded_sequence
from torch.optim import AdamW
from torch.optim.lr_scheduler import StepLR
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, Dataset
from torch.utils.data.dataset import TensorDataset
from torch.utils.data.distributed import DistributedSampler
from torch.utils.tensorboard import SummaryWriter
import autograd_core.nn as ours
assert nn.Module is ours.Module is Module and F is ours.functional and torch is autograd_core.compat
assert torch.__version__.startswith("2.") and issubclass(BatchNorm2d, _BatchNorm)
autograd_core.compat.uninstall()
import sys
print([m for m in sys.modules if m.partition(".")[0] == "torch"])
"""


def test_install(tmp_path):
    assert printed(INSTALLED, tmp_path, "-W", "error") == "[]"


def test_install_is_refused_after_pytorch(tmp_path):
    (tmp_path / "torch.py").write_text("")
    code = """
import autograd_core.compat as compat
compat.install()
import torch
print(torch is compat)
compat.uninstall()
import torch
print(torch is compat)
try:
    compat.install()
except RuntimeError as error:
    print(error)
"""
    first, second, error = printed(code, tmp_path).splitlines()
    assert (first, second) == ("True", "False")
    assert (
        error.startswith("compat.install: torch is imported already, from ")
        and "before anything imports torch" in error
    )


def test_constructors(torch):
    assert torch.Tensor(2, 3).shape == (2, 3) and torch.Tensor(4).shape == (4,) and torch.Tensor().shape == (0,)
    assert torch.Tensor([1, 2]).dtype == np.float32 and torch.Tensor(np.ones(2)).dtype == np.float32
    assert torch.LongTensor([1, 2]).dtype == np.int64 and torch.ByteTensor(3).dtype == np.uint8
    assert torch.Tensor(torch.Size([2, 1])).shape == (2, 1) and torch.FloatTensor([[1.5]]).tolist() == [[1.5]]
    x = torch.ones(2)
    x.requires_grad_()
    assert torch.Tensor(x).data_ptr() == x.data_ptr() and not torch.Tensor(x).requires_grad
    with pytest.raises(TypeError, match=r"Tensor\(\(2, 3\)\): a tuple is values, .* torch.empty\(2, 3\)"):
        torch.Tensor((2, 3))
    with pytest.raises(TypeError, match=r"LongTensor: the tensor is float32 and must be int64; use x.to"):
        torch.LongTensor(x)
    with pytest.raises(TypeError, match="one sequence of values, got 2 arguments"):
        torch.Tensor([1.0], [2.0])
    with pytest.raises(TypeError, match="a tensor of one number is torch.tensor"):
        torch.Tensor(1.5)
    with pytest.raises(TypeError, match="there are no devices"):
        torch.Tensor(2, device="cuda")
    with pytest.raises(TypeError, match="no argument requires_grad"):
        torch.Tensor(2, requires_grad=True)


def test_classes(torch):
    x = torch.ones(2)
    assert isinstance(x, torch.Tensor) and isinstance(x, torch.FloatTensor) and not isinstance(x, torch.LongTensor)
    assert isinstance(torch.nn.Parameter(x), torch.Tensor) and not isinstance(x.numpy(), torch.Tensor)
    assert type(x) == torch.Tensor and {torch.Tensor: 1}[type(x)] == 1 and issubclass(torch.nn.Parameter, torch.Tensor)  # noqa: E721
    assert x.type(torch.LongTensor).dtype == x.type(torch.long).dtype == np.int64
    assert torch.Tensor.add is ag.Tensor.add

    class Tagged(torch.Tensor):
        pass

    assert isinstance(Tagged([1.0]), torch.Tensor) and not isinstance(x, Tagged) and Tagged([1.0]).dtype == np.float32


def test_default_tensor_type(torch):
    before = ag.get_default_dtype()
    try:
        torch.set_default_tensor_type(torch.DoubleTensor)
        assert torch.Tensor(2).dtype == torch.tensor(1.0).dtype == np.float64
        torch.set_default_tensor_type("torch.FloatTensor")
        assert torch.Tensor(2).dtype == np.float32
        with pytest.raises(TypeError, match="FloatTensor, DoubleTensor or HalfTensor"):
            torch.set_default_tensor_type(torch.LongTensor)
    finally:
        ag.set_default_dtype(before)


def test_devices(torch):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    x = torch.zeros(2, device=device).to(device).cpu()
    assert (
        x.device == device == "cpu" and x.device.type == "cpu" and x.device.index is None and not x.is_cuda and x.is_cpu
    )
    assert isinstance(x.device, torch.device) and torch.device(device) == device and torch.device("cpu:0") == device
    assert torch.device("cuda:1").index == 1 and torch.device("cuda", 1) == torch.device("cuda:1") != device
    assert repr(device) == "device(type='cpu')" and repr(torch.device("cuda:1")) == "device(type='cuda', index=1)"
    assert f"{torch.device('cuda', 0)}" == "cuda:0" and torch.get_default_device() == device
    with torch.device("cpu"):
        assert x.pin_memory() is x and not x.is_pinned() and x.get_device() == -1
    cuda = torch.device("cuda")
    for act in (
        lambda: x.to(cuda),
        lambda: torch.zeros(2, device=cuda),
        lambda: torch.nn.Linear(1, 1).to(cuda),
        cuda.__enter__,
    ):
        with pytest.raises(TypeError, match="all tensors are in main memory"):
            act()
    for act in (x.cuda, torch.nn.Linear(1, 1).cuda):
        with pytest.raises(RuntimeError, match="there are no devices"):
            act()
    with pytest.raises(ValueError, match="'gpu' is no device"):
        torch.device("gpu")
    with pytest.raises(ValueError, match="one number"):
        torch.device("cuda:1", 2)
    with pytest.raises(TypeError, match="name of a kind"):
        torch.device(1)
    assert torch.Generator(device="cpu").manual_seed(3).initial_seed() == 3
    with pytest.raises(TypeError, match="there are no devices"):
        torch.Generator(device="cuda")


def test_cuda_of_a_machine_without(torch):
    assert not torch.cuda.is_available() and torch.cuda.device_count() == torch.cuda.max_memory_allocated() == 0
    torch.cuda.manual_seed_all(1)
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    torch.backends.cudnn.benchmark = True
    assert not torch.backends.mps.is_available() and not torch.backends.cudnn.is_available()
    assert not torch.accelerator.is_available() and torch.accelerator.current_accelerator() is None
    assert not torch.xpu.is_available() and not torch.mps.is_available() and torch.version.cuda is None
    for name in ("current_device", "get_device_properties", "Stream"):
        with pytest.raises(RuntimeError, match=rf"torch.cuda.{name}: there are no devices"):
            getattr(torch.cuda, name)(0)


def test_amp(torch):
    with torch.autocast("cuda", dtype=torch.bfloat16), torch.cuda.amp.autocast(enabled=False):
        assert (torch.ones(2, 2) @ torch.ones(2)).dtype == np.float32 and not torch.is_autocast_enabled()

    @torch.amp.autocast("cpu")
    def double(x):
        return 2 * x

    x = torch.tensor([1.0], requires_grad=True)
    for scaler, enabled in ((torch.amp.GradScaler("cpu"), True), (torch.cuda.amp.GradScaler(), False)):
        optimizer = torch.optim.SGD([x], lr=1.0)
        scaler.scale(double(x).sum()).backward()
        scaler.unscale_(optimizer)
        before = x.item()
        scaler.step(optimizer)
        scaler.update()
        assert x.item() == before - 2 and scaler.is_enabled() is enabled
        x.grad.fill_(float("inf"))
        scaler.step(optimizer)  # left out where it is enabled
        assert np.isfinite(x.item()) == enabled
        optimizer.zero_grad()
    assert {"a": torch.bfloat16}["a"] is torch.bfloat16 != torch.float32 and repr(torch.bfloat16) == "torch.bfloat16"
    for act in (lambda: torch.ones(2, dtype=torch.bfloat16), lambda: torch.ones(2).to(torch.bfloat16)):
        with pytest.raises(RuntimeError, match="torch.bfloat16: NumPy has no such dtype; use torch.float32"):
            act()
    with pytest.raises(TypeError, match="cast_inputs"):
        torch.amp.custom_fwd(cast_inputs=torch.float16)


def test_compiling_is_leaving_alone(torch):
    layer = torch.nn.Linear(1, 1)
    assert torch.compile(layer) is torch.jit.script(layer) is torch.jit.trace(layer, torch.ones(1)) is layer

    @torch.compile(mode="reduce-overhead")
    @torch.jit.ignore
    def double(x):
        return 2 * x

    assert double(3) == 6 and not torch.jit.is_scripting()
    with pytest.raises(RuntimeError, match=r"jit.load: .* nn.onnx.load"):
        torch.jit.load("x.pt")
    with pytest.raises(RuntimeError, match=r"jit.save: .*state_dict"):
        torch.jit.save(layer, "x.pt")


def test_parallel(torch, monkeypatch):
    dist, DDP = torch.distributed, torch.nn.parallel.DistributedDataParallel
    layer = torch.nn.Linear(2, 1)
    x = torch.ones(3, 2)
    for wrapper in (torch.nn.DataParallel(layer, device_ids=[0, 1]), DDP(layer)):
        assert (wrapper(x) == layer(x)).all() and list(wrapper.state_dict()) == ["module.weight", "module.bias"]
        assert wrapper.module is layer and next(wrapper.parameters()) is layer.weight
    with DDP(layer).no_sync():
        pass
    with pytest.raises(TypeError, match=r"leave out device_ids=\[0\]"):
        DDP(layer, device_ids=[0])
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    dist.init_process_group("gloo", rank=0, world_size=1)
    assert dist.is_initialized() and dist.get_rank() == 0 and dist.get_world_size() == 1
    dist.all_reduce(x)
    dist.barrier()
    copies = [torch.zeros(3, 2)]
    dist.all_gather(copies, x)
    assert (copies[0] == x).all() and (x == 1).all()
    dist.destroy_process_group()
    assert not dist.is_initialized()
    with pytest.raises(RuntimeError, match="2 processes are asked for"):
        dist.init_process_group("nccl", world_size=2)
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(RuntimeError, match="4 processes are asked for"):
        dist.init_process_group("nccl")


def test_data(torch):
    data = torch.utils.data
    sampler = data.DistributedSampler(range(10))
    first = list(sampler)
    sampler.set_epoch(1)
    assert sorted(first) == sorted(sampler) == list(range(10)) and list(sampler) != first and len(sampler) == 10
    assert data.get_worker_info() is None
    with pytest.raises(RuntimeError, match="process 1 of 2"):
        data.DistributedSampler(range(10), num_replicas=2, rank=1)


def test_tensorboard(torch):
    from autograd_core.compat import refusals

    refusals.sentences.clear()
    writer_class = torch.utils.tensorboard.SummaryWriter
    with pytest.warns(UserWarning, match="SummaryWriter: nothing is written"):
        writer = writer_class("runs/x", comment="y")
    with writer_class() as second:  # says it once
        second.add_scalar("loss", 1.0, 2)
    writer.add_histogram("w", np.ones(2), global_step=1)
    writer.close()
    with pytest.raises(AttributeError, match="add_nothing"):
        writer.add_nothing()
    assert not Path("runs/x").exists()


def test_refusals_give_reasons(torch):
    for name, reason in (
        ("sparse_coo_tensor", "dense"),
        ("hub", "not downloaded"),
        ("fx", "symbolic"),
        ("foo", "no such name"),
    ):
        with pytest.raises(
            AttributeError, match=rf"'torch' of autograd_core.compat has no attribute '{name}': .*{reason}"
        ):
            getattr(torch, name)
    for module in (torch.nn, torch.cuda, torch.jit, torch.utils, torch.utils.data, torch.distributed, torch.backends):
        assert not hasattr(module, "foo")


@pytest.mark.parametrize(
    "name", ["", ".amp", ".constructors", ".nn.parallel", ".utils.data.distributed", ".utils.tensorboard"]
)
def test_examples(name):
    result = doctest.testmod(importlib.import_module(f"autograd_core.compat{name}"))
    assert result.attempted and not result.failed


def test_names_are_listed(torch):
    assert {"nn", "optim", "Tensor", "exp", "device", "cuda", "linalg"} <= set(dir(torch))
    for name in dir(torch):
        if not name.startswith("_"):
            getattr(torch, name)


def test_derivatives_take_pytorchs_arguments_in_its_order():
    x, unused = ag.tensor(3.0, requires_grad=True), ag.tensor(1.0, requires_grad=True)
    assert ag.grad(x * x, x, None, None, False, True, None)[0].item() == 6.0
    assert ag.grad(x * x, [x, unused], None, None, False, True, True)[1] is None  # allow_unused is the seventh
    with pytest.raises(ValueError, match="only_inputs=False is not supported"):
        ag.grad(x * x, x, only_inputs=False)
    ag.autograd.set_detect_anomaly(mode=False)


def test_names_that_programs_take_from_inside(torch):
    from autograd_core.compat.nn.modules.utils import _ntuple, _pair, _triple
    from autograd_core.compat.optim.lr_scheduler import LRScheduler, _LRScheduler

    assert (
        _LRScheduler is LRScheduler
        and _pair(3) == (3, 3)
        and _triple((1, 2, 3)) == (1, 2, 3)
        and _ntuple(2)([4, 5]) == (4, 5)
    )
    assert torch.nn.init._calculate_correct_fan(torch.ones(3, 4, 2), "fan_out") == 6
    lstm = torch.nn.LSTM(2, 3, 2)
    assert lstm._flat_weights_names == [name for name, _ in lstm.named_parameters()]
    assert all(a is b for a, b in zip(lstm._flat_weights, lstm.parameters(), strict=True))


def test_generic_and_chained_datasets(torch):
    class Words(torch.utils.data.Dataset[str]):
        pass

    class Count(torch.utils.data.IterableDataset[int]):
        def __iter__(self):
            return iter(range(3))

    chained = torch.utils.data.ChainDataset([Count(), Count()])
    assert list(chained) == [0, 1, 2] * 2 and issubclass(Words, torch.utils.data.Dataset)
    assert [len(b) for b in torch.utils.data.DataLoader(chained, 4)] == [4, 2]
    with pytest.raises(TypeError, match="ChainDataset: needs IterableDatasets, got list; ConcatDataset"):
        list(torch.utils.data.ChainDataset([[1]]))


def test_batch_norm_over_processes(torch):
    layer, x = torch.nn.SyncBatchNorm(2, momentum=0.5), torch.randn(4, 2, 3, 3)
    other = torch.nn.BatchNorm2d(2, momentum=0.5)
    assert (layer(x) == other(x)).all() and (layer.running_var == other.running_var).all()
    assert torch.nn.SyncBatchNorm.convert_sync_batchnorm(other) is other
    with pytest.raises(ValueError, match="at least 2D"):
        layer(torch.ones(2))
    with (
        torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH),
        torch.backends.cuda.sdp_kernel(enable_math=True),
    ):
        pass
    assert not torch.compiler.is_compiling() and torch.compiler.disable(layer) is layer


def test_assert_close(torch):
    close, x = torch.testing.assert_close, torch.tensor([1.0, 2.0])
    close(x, x * (1 + 1e-6))
    close({"a": [x, 1]}, {"a": [x.clone(), 1]})
    close(x, x.double(), check_dtype=False)
    nan = torch.tensor([float("nan")])
    close(nan, nan, equal_nan=True)
    for bad, message in (
        ((x, x + 1e-3), r"2 of 2 elements differ, the first at \(0,\): 1.0 and 1.001"),
        ((x, x[:1]), "the shapes are"),
        ((x, x.double()), "the dtypes are float32 and float64"),
        ((nan, nan), "1 of 1"),
        (([x], [x, x]), "the lengths are 1 and 2"),
        (({"a": x}, {"b": x}), "the keys are"),
    ):
        with pytest.raises(AssertionError, match=message):
            close(*bad)
    with pytest.raises(AssertionError, match="mine"):
        close(x, x + 1, msg="mine")
    with pytest.raises(ValueError, match="both or not at all"):
        close(x, x, rtol=1.0)


def test_a_schedule_with_milestones_goes_on_from_a_file():
    def make():
        optimizer = optim.SGD([nn.Parameter(ag.ones(1))], lr=1.0)
        return optimizer, optim.lr_scheduler.MultiStepLR(optimizer, [2, 4, 4], gamma=0.5)

    (optimizer, first), (other, second) = make(), make()
    optimizer.step()
    other.step()
    for _ in range(3):
        first.step()
    file = io.BytesIO()
    ag.save(first.state_dict(), file)
    file.seek(0)
    second.load_state_dict(ag.load(file))
    rates = []
    for _ in range(2):
        second.step()
        rates.append(second.get_last_lr()[0])
    assert rates == [0.25, 0.25]


def test_a_name_that_is_in_no_folder_is_an_attribute_error():
    import autograd_core.compat as torch

    for module in (torch, torch.distributions, torch.nn, torch.utils):
        with pytest.raises(AttributeError):
            module.pytest_plugins  # noqa: B018
